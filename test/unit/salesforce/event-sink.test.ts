import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock, type ManualClock } from '../../../src/clock.ts'
import { day, hour, minute, second } from '../../../src/duration.ts'
import type { Log, NewRecord } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import type { EventMessage } from '../../../src/salesforce/event-message.ts'
import { EventSink } from '../../../src/salesforce/event-sink.ts'
import { createOrgClock } from '../../../src/salesforce/org-clock.ts'
import { ReplayState } from '../../../src/salesforce/replay-state.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import type { Lease, StateStore } from '../../../src/store/state-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const logins = '/event/LoginEventStream'
const reports = '/event/ReportEventStream'
const start = Date.UTC(2026, 0, 5, 12)
const token = {
  orgId: '00D000000000001EAA',
  userId: '005000000000001AAA',
  accessToken: 'secret',
  instanceUrl: 'https://acme.example',
}
const never = new AbortController().signal

let folder: ReturnType<typeof temporaryFolder>
let clock: ManualClock
let store: StateStore
let lease: Lease
let state: ReplayState
let records: NewRecord[]

beforeEach(async () => {
  folder = temporaryFolder()
  clock = createManualClock(start)
  store = createEmbeddedStore({ file: `${folder.path}/store.db`, clock })
  const taken = await store.acquire('ingest:acme', { owner: 'one', ttl: hour, mode: 'steal' })
  if (!taken) throw new Error('the lease is taken')
  lease = taken
  state = await ReplayState.load(lease)
  records = []
})

afterEach(async () => {
  await store.close()
  folder[Symbol.dispose]()
})

function createSink(append: Log['append'] = async (_, batch) => void records.push(...batch)): EventSink {
  return new EventSink({
    org: 'acme',
    log: { append } as Log,
    topic: 'events',
    state,
    ensureHeld: async () => undefined,
    watchFrom: undefined,
    heartbeat: 5 * minute,
    clock: createOrgClock(clock),
    logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
    metrics: createMetrics(),
  })
}

function event(channel: string, time: number, replayId = 1): EventMessage {
  const date = new Date(time).toISOString()
  const message = { channel, data: { payload: { EventDate: date, CreatedDate: date }, event: { replayId } } }
  return { ...message, value: JSON.stringify(message) }
}

/** Sessions of two minutes each that bring nothing but an empty answer at their end. */
async function flap(sink: EventSink, sessions: number, time?: number): Promise<void> {
  for (let i = 0; i < sessions; i++) {
    sink.begin([logins])
    clock.advance(2 * minute)
    await sink.deliver(token, { messages: [], cursors: new Map(), time }, never)
  }
}

const heartbeats = () =>
  records
    .filter(({ headers }) => headers?.origin === 'heartbeat')
    .map(({ value }) => JSON.parse(String(value)).data.payload.EventDate)

describe('a heartbeat', () => {
  it('comes to an org whose sessions end all the time, too', async () => {
    await flap(createSink(), 6)
    expect(heartbeats()).toEqual(['2026-01-05T12:04:00.000Z', '2026-01-05T12:10:00.000Z'])
  })

  it('does not come before the events that were missed between two sessions', async () => {
    const sink = createSink()
    clock.advance(hour)
    sink.begin([logins])
    clock.advance(10 * second)
    await sink.deliver(token, { messages: [], cursors: new Map(), time: undefined }, never)
    await sink.deliver(
      token,
      { messages: [event(logins, start + minute)], cursors: new Map([[logins, '1']]), time: undefined },
      never,
    )
    clock.advance(4 * minute)
    await sink.deliver(token, { messages: [], cursors: new Map(), time: undefined }, never)
    expect(records).toHaveLength(1)
    expect(heartbeats()).toEqual([])
  })

  it('carries the time of Salesforce rather than ours', async () => {
    await flap(createSink(), 3, Date.UTC(2026, 0, 5, 9))
    expect(heartbeats()).toEqual(['2026-01-05T08:58:00.000Z'])
  })
})

it('a channel without cursor brings what was published up to an hour before we first subscribed, by our clock', async () => {
  const sink = createSink()
  sink.begin([logins])
  await sink.subscribed(undefined)
  sink.begin([logins, reports])
  const early = [59 * minute, 61 * minute].map((before) => event(reports, start - before))
  await sink.deliver(token, { messages: early, cursors: new Map(), time: undefined }, never)
  expect(records.map(({ value }) => JSON.parse(String(value)).data.payload.EventDate)).toEqual([
    '2026-01-05T11:01:00.000Z',
  ])
})

it('the first subscription is dated by the clock of Salesforce when ours is ahead', async () => {
  const sink = createSink()
  sink.begin([logins])
  await sink.subscribed(start - 5 * hour)
  sink.begin([logins])
  const batch = { messages: [event(logins, start - 4 * hour)], cursors: new Map(), time: undefined }
  await sink.deliver(token, batch, never)
  expect(records).toHaveLength(1)
})

describe('a channel that has no cursor has a gap on record', () => {
  const gaps = () => [...state.gaps.values()]
  const listen = async (...channels: readonly string[]) => {
    const sink = createSink()
    sink.begin(channels)
    await sink.subscribed(undefined)
    return sink
  }

  it('when nobody subscribed to it for longer than Salesforce keeps events', async () => {
    const sink = await listen(logins, reports)
    clock.advance(10 * day)
    await sink.deliver(token, { messages: [], cursors: new Map(), time: undefined }, never)
    clock.advance(4 * day)
    state = await ReplayState.load(lease)
    await listen(logins, reports)
    await listen(logins, reports)
    expect(gaps()).toEqual([
      expect.objectContaining({
        channel: logins,
        from: '2026-01-15T12:00:00.000Z',
        to: '2026-01-19T12:00:00.000Z',
      }),
      expect.objectContaining({ channel: reports, from: '2026-01-15T12:00:00.000Z' }),
    ])
  })

  it('when Salesforce refused it from the beginning for as long', async () => {
    const sink = createSink()
    sink.begin([logins, reports])
    sink.begin([logins])
    await sink.subscribed(undefined)
    clock.advance(4 * day)
    await sink.deliver(token, { messages: [], cursors: new Map(), time: undefined }, never)
    state = await ReplayState.load(lease)
    await listen(logins, reports)
    expect(gaps()).toEqual([expect.objectContaining({ channel: reports, from: '2026-01-05T12:00:00.000Z' })])
  })

  it('but not when it was away for a shorter time, when it is new, or twice for one stretch', async () => {
    await listen(logins)
    clock.advance(71 * hour)
    await listen(logins)
    clock.advance(71 * hour)
    await listen(logins, reports)
    expect(gaps()).toEqual([])
    clock.advance(4 * day)
    const sink = createSink()
    sink.begin([logins])
    await sink.gap(logins, 'too old')
    await listen(logins)
    expect(gaps()).toEqual([expect.objectContaining({ reason: 'too old' })])
  })
})

it('a gap begins before it ends, although an event claimed to be from the future', async () => {
  const sink = createSink()
  sink.begin([logins])
  const batch = {
    messages: [event(logins, start + 7 * day)],
    cursors: new Map([[logins, '1']]),
    time: undefined,
  }
  await sink.deliver(token, batch, never)
  clock.advance(hour)
  await sink.gap(logins, 'too old')
  expect([...state.gaps.values()]).toMatchObject([
    { from: '2026-01-05T12:00:00.000Z', to: '2026-01-05T13:00:00.000Z' },
  ])
})

it('an append that hangs is not waited for once the session is given up, and no cursor moves', async () => {
  const sink = createSink(() => new Promise(() => undefined))
  sink.begin([logins])
  const abort = new AbortController()
  const delivery = sink.deliver(
    token,
    { messages: [event(logins, start)], cursors: new Map([[logins, '1']]), time: undefined },
    abort.signal,
  )
  abort.abort()
  await expect(delivery).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  expect((await ReplayState.load(lease)).start(logins)).toBe('now')
})

it('the newest 1,000 gaps are remembered, across restarts and channels', async () => {
  const puts = Array.from({ length: 1000 }, (_, i) => {
    const to = new Date(start + i).toISOString()
    return { section: 'gaps', key: `${logins} ${to}`, value: Buffer.from(JSON.stringify({ to })) }
  })
  await lease.commit({ puts })
  state = await ReplayState.load(lease)
  for (let i = 1000; i < 1005; i++) await state.recordGap(reports, 'too old', start + i)
  const kept: number[] = []
  for await (const { section, value } of lease.restore()) {
    if (section === 'gaps') kept.push(Date.parse(JSON.parse(value.toString()).to) - start)
  }
  expect(kept.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 5))
})

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { day, hour } from '../../../src/duration.ts'
import { ForcewatchError } from '../../../src/errors.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { backfill } from '../../../src/salesforce/backfill/backfill.ts'
import type { BackfillOptions } from '../../../src/salesforce/backfill/backfill-options.ts'
import { writeLogFile } from '../../../src/simulator/server/event-log-files.ts'
import { createSimulator, type SimulatorOptions } from '../../../src/simulator/server/simulator.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { logins } from './watched-org.ts'

const topic = 'forcewatch.events'
const now = systemClock.now()
const midnight = Math.floor(now / day) * day

/** A login every minute of the day before yesterday. */
const events = Array.from({ length: day / 60_000 }, (_, index) => {
  const date = midnight - 2 * day + index * 60_000 + 1
  return {
    channel: logins,
    date,
    payload: {
      EventIdentifier: String(index),
      EventDate: new Date(date).toISOString(),
      Status: 'Success',
      Username: `user-${index}@acme.example`,
    },
  }
})

/** An org on real HTTP that has stored events, and a log of which appends can be made to fail. */
async function storedOrg(stored = events, simulated: Partial<SimulatorOptions> = {}) {
  const folder = temporaryFolder()
  const lines: { level: string; msg: string }[] = []
  const quiet = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
  const simulator = createSimulator({
    clock: systemClock,
    logger: quiet,
    seed: 'stored',
    connectedApps: [{ clientId: 'app', clientSecret: 'hush-hush', username: 'ingest@acme.example' }],
    ...simulated,
  })
  for (const { channel, payload } of stored) simulator.keep(channel, payload)
  const { url } = await simulator.start()
  const log = createEmbeddedLog({ file: join(folder.path, 'log.sqlite'), clock: systemClock, logger: quiet })
  await log.createTopics([{ name: topic, partitions: 1 }])
  const store = createEmbeddedStore({ file: join(folder.path, 'store.sqlite'), clock: systemClock })
  const failures: Error[] = []
  const failing: Log = {
    createTopics: (topics) => log.createTopics(topics),
    subscribe: (subscription) => log.subscribe(subscription),
    read: (...place) => log.read(...place),
    offsets: (name) => log.offsets(name),
    offsetsAt: (name, time) => log.offsetsAt(name, time),
    close: () => log.close(),
    append: async (name, records) => {
      const failure = failures.pop()
      if (failure) throw failure
      await log.append(name, records)
    },
  }
  return {
    simulator,
    lines,
    failures,
    backfill: (options: Partial<BackfillOptions> = {}, apiVersion = '66.0') =>
      backfill({
        org: {
          name: 'acme',
          loginUrl: url,
          auth: { flow: 'client_credentials', clientId: 'app', readSecret: () => 'hush-hush' },
          channels: [logins],
          apiVersion,
          reconciliation: { enabled: true, interval: 100, settle: 0, overlap: 0, apiReserve: 0.2 },
        },
        log: failing,
        topic,
        store,
        length: 3 * day,
        owner: 'backfill',
        clock: systemClock,
        logger: createLogger({ level: 'debug', format: 'json' }, createSecretScrubber(), {
          write: (line) => void lines.push(JSON.parse(line)),
        }),
        metrics: createMetrics(),
        signal: new AbortController().signal,
        pacing: { wait: 20, retryAfter: 20 },
        onProgress: () => undefined,
        ...options,
      }),
    async identifiers(): Promise<readonly string[]> {
      const found: string[] = []
      for await (const { value } of log.read({ topic, partition: 0 }, 0))
        found.push(JSON.parse(value.toString()).data.payload.EventIdentifier)
      return found
    },
    async [Symbol.asyncDispose]() {
      await simulator.stop()
      await log.close()
      await store.close()
      folder[Symbol.dispose]()
    },
  }
}

const all = events.map(({ payload }) => payload.EventIdentifier)

test('a day with more events than fit into memory is cut into pieces, and none is left out', async () => {
  await using org = await storedOrg()
  const result = await org.backfill({ pacing: { mostEvents: 300 } })
  expect(result).toMatchObject({ events: events.length, reached: result.to })
  expect(await org.identifiers()).toEqual(all)
})

test('log files tell what happened before storage was switched on, within the same day and after an error', async () => {
  const noon = midnight - 1.5 * day
  const morning = events.filter(({ date }) => date < noon)
  const about = { eventType: 'Login', interval: 'Daily', logDate: midnight - 2 * day, sequence: 0 } as const
  const file = writeLogFile(events, { ...about, created: midnight - hour })
  await using org = await storedOrg(events.slice(morning.length), { logFiles: [file] })
  org.failures.push(Object.assign(new Error('busy'), { errorCode: 'SERVER_UNAVAILABLE' }))
  await org.backfill()
  const found = await org.identifiers()
  expect(found.filter((id) => id.startsWith('elf-'))).toHaveLength(morning.length)
  expect(found.filter((id) => !id.startsWith('elf-'))).toEqual(all.slice(morning.length))
})

test('a mistake of ours ends it at once; what it has filled in stays, and the next run goes on there', async () => {
  await using org = await storedOrg()
  const bug = new TypeError('undefined is not a function')
  let steps = 0
  const onProgress = ({ events: sofar }: { events: number }) => {
    if (sofar > 0 && steps++ === 0) org.failures.push(bug)
  }
  await expect(org.backfill({ pacing: { mostEvents: 300 }, onProgress })).rejects.toBe(bug)
  const before = await org.identifiers()
  expect(before.length).toBeGreaterThan(0)
  expect(before.length).toBeLessThan(all.length)
  await org.backfill()
  expect(await org.identifiers()).toEqual(all)
})

test('a request that Salesforce refuses ends it with the remedy', async () => {
  await using org = await storedOrg()
  const refused = await org.backfill({}, '66.x').catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ForcewatchError)
  expect(refused).toMatchObject({ code: 'ORG_REJECTED', message: expect.stringContaining('NOT_FOUND') })
  expect(String((refused as ForcewatchError).remedy)).toContain('forcewatch doctor')
  await org.backfill()
  expect(await org.identifiers()).toEqual(all)
})

test('it waits while the org has few API requests left, and then goes on', async () => {
  const DailyApiRequests = { Max: 1000, Remaining: 150 }
  await using org = await storedOrg(events, { setup: { limits: { DailyApiRequests } } })
  let waits = 0
  const onProgress = (_: unknown, waiting: boolean) => {
    if (waiting && ++waits === 3) DailyApiRequests.Remaining = 900
  }
  const { calls } = await org.backfill({ onProgress, pacing: { wait: 20 } })
  expect(waits).toBe(3)
  expect(await org.identifiers()).toEqual(all)
  expect(calls).toBeLessThan(30)
})

test('a token that ends is replaced', async () => {
  await using org = await storedOrg()
  let revoked = false
  const onProgress = () => {
    if (!revoked) org.simulator.faults.inject({ kind: 'token-revoked' })
    revoked = true
  }
  await org.backfill({ onProgress })
  expect(await org.identifiers()).toEqual(all)
  expect(org.lines.filter(({ msg }) => msg.includes('INVALID_SESSION_ID'))).toHaveLength(1)
})

test('what may not be read is told and kept open, and the next run fills it in once it may', async () => {
  const hidden = ['LoginEvent']
  await using org = await storedOrg(events, { hidden })
  const first = await org.backfill()
  const reason = expect.stringContaining('LoginEvent cannot be read: INVALID_TYPE')
  const range = { channel: logins, source: 'object', from: first.from, to: first.to, reason }
  expect(first).toMatchObject({ events: 0, reached: first.to, unread: [range] })
  expect(await org.backfill()).toMatchObject({ events: 0, unread: [{ ...range, to: expect.any(Number) }] })
  hidden.pop()
  expect(await org.backfill({ pacing: { mostEvents: 300 } })).toMatchObject({
    events: events.length,
    unread: [],
  })
  expect(await org.identifiers()).toEqual(all)
  expect(org.lines.filter(({ level }) => level === 'warn')).toHaveLength(2)
})

test('what log files will tell later is told and kept open, and the next run reads it', async () => {
  const about = { eventType: 'Login', sequence: 0 } as const
  const lastHour = Math.floor(now / hour) * hour - hour
  const late = [
    { channel: logins, payload: { EventDate: new Date(lastHour + 1).toISOString() }, date: lastHour + 1 },
  ]
  const files = [
    writeLogFile(events, { ...about, interval: 'Daily', logDate: midnight - 2 * day, created: midnight }),
  ]
  await using org = await storedOrg([], { logFiles: files })
  const first = await org.backfill()
  expect(first).toMatchObject({
    events: events.length,
    unread: [{ channel: logins, source: 'files', to: first.to, reason: 'log files come up to a day later' }],
  })
  expect(first.unread[0]!.from).toBeGreaterThanOrEqual(now - day)
  files.push(writeLogFile(late, { ...about, interval: 'Hourly', logDate: lastHour, created: now }))
  expect(await org.backfill()).toMatchObject({ events: 1 })
  expect(await org.identifiers()).toHaveLength(events.length + 1)
})

test('a log file that is no CSV keeps nothing else back, and is read again until it is one', async () => {
  const about = { eventType: 'Login', interval: 'Daily', sequence: 0 } as const
  const [logDate, noon] = [midnight - 2 * day, midnight - 1.5 * day]
  const whole = writeLogFile(events, { ...about, logDate, created: midnight })
  const lines = whole.csv.split('\n')
  lines.splice(10, 1, 'a "quote" where none may be')
  const files = [{ ...whole, csv: lines.join('\n') }]
  await using org = await storedOrg(
    events.filter(({ date }) => date >= noon),
    { logFiles: files },
  )
  const first = await org.backfill()
  expect(first).toMatchObject({
    events: events.length - 1,
    unread: [{ channel: logins, from: logDate, to: events.find(({ date }) => date >= noon)!.date }],
  })
  expect(first.unread[0]!.reason).toMatch(/^log file Login of .*: line 11 is no CSV \(/)
  expect(org.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', remedy: expect.stringContaining('tomorrow') }),
  )
  files[0] = whole
  expect(await org.backfill()).toMatchObject({ unread: [] })
  expect(new Set(await org.identifiers()).size).toBe(events.length)
})

import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createManualClock, type ManualClock, systemClock } from '../../../src/clock.ts'
import { day, hour, minute, second } from '../../../src/duration.ts'
import { createLiveOrg, type LiveOrgOptions } from '../../../src/simulator/live-org.ts'
import { createPlayer, type PlayerOptions } from '../../../src/simulator/player.ts'
import { monitoringChannels } from '../../../src/simulator/server/channels.ts'
import { generateTraffic } from '../../../src/simulator/traffic/generate.ts'
import { createOrg } from '../../../src/simulator/traffic/org.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import { writeTraffic } from '../../../src/simulator/traffic-file.ts'
import { app, getToken, isEvent, RawClient, silent } from './raw-client.ts'

const now = Date.parse('2026-11-18T12:00:00Z')
const org = createOrg({ seed: 'a', size: 'small' })

/** A player on a clock of its own, whose client takes everything at once. */
function createTestPlayer(clock: ManualClock, options: Partial<PlayerOptions> = {}) {
  const published: { readonly at: number; readonly payload: Record<string, unknown> }[] = []
  const simulator = {
    publish: (_channel: string, payload: Record<string, unknown>) => {
      published.push({ at: clock.now(), payload })
    },
    ready: async () => undefined,
  }
  const stopped = new AbortController()
  const player = createPlayer({
    simulator,
    org,
    seed: 'a',
    clock,
    logger: silent,
    history: 2 * hour,
    speed: 1,
    ...options,
  })
  const running = player.run(stopped.signal)
  const stop = async () => {
    stopped.abort()
    await running
  }
  /** Lets the player do what is due, then moves the clock a little, until `time`. */
  const advanceTo = async (time: number) => {
    while (clock.now() < time) {
      await new Promise(setImmediate)
      clock.advance(100)
    }
    await new Promise(setImmediate)
  }
  return { player, published, stop, advanceTo }
}

const created = ({ payload }: { payload: Record<string, unknown> }) => Date.parse(String(payload.CreatedDate))

describe('player', () => {
  test('delivers history at once and then everything at its time', async () => {
    const clock = createManualClock(now)
    const { player, published, stop, advanceTo } = createTestPlayer(clock)
    await advanceTo(now + 200)
    expect(player.progress().state).toBe('live')
    const history = published.filter((event) => created(event) < now)
    const expected = [...generateTraffic({ org, seed: 'a', from: now - 2 * hour, to: now })]
    expect(history.map(({ payload }) => payload)).toEqual(expected.map(({ payload }) => payload))
    await advanceTo(now + minute)
    const live = published.slice(history.length)
    expect(live.length).toBeGreaterThan(5)
    for (const event of live) expect(Math.abs(event.at - created(event))).toBeLessThanOrEqual(200)
    await stop()
  })

  test('when accelerated, starts in the past, keeps the pace and never passes the wall clock', async () => {
    const clock = createManualClock(now)
    const options = { speed: 10, accelerated: minute, history: hour }
    const { player, published, stop, advanceTo } = createTestPlayer(clock, options)
    expect(player.liveFrom).toBe(now - 9 * minute)
    await advanceTo(now + 30 * second)
    const reached = published.reduce((latest, event) => Math.max(latest, created(event)), 0)
    expect(reached).toBeGreaterThan(player.liveFrom + 4.5 * minute)
    expect(reached).toBeLessThan(player.liveFrom + 5.5 * minute)
    await advanceTo(now + 2 * minute)
    expect(published.every((event) => created(event) <= event.at)).toBe(true)
    expect(player.progress().time).toBe(clock.now())
    await stop()
  })

  test('a scenario starts on command at the present simulated time', async () => {
    const clock = createManualClock(now)
    const { player, published, stop, advanceTo } = createTestPlayer(clock, { speed: 10, accelerated: hour })
    await advanceTo(now + 10 * second)
    const { startsAt } = player.attack('S7c')
    expect(Date.parse(startsAt)).toBeGreaterThan(player.liveFrom)
    await advanceTo(now + 60 * second)
    const failures = published.filter(({ payload }) => payload.Status === 'Password Lockout')
    expect(failures).toHaveLength(1)
    expect(() => player.attack('S99')).toThrow('There is no scenario S99.')
    await stop()
  })
})

describe('a live org over HTTP', () => {
  async function startOrg(options: Partial<LiveOrgOptions> = {}) {
    const live = createLiveOrg({
      clock: systemClock,
      logger: silent,
      seed: 'a',
      size: 'small',
      connectedApps: [app],
      history: 4 * day,
      speed: 1,
      ...options,
    })
    const { url } = await live.start()
    return { live, url, [Symbol.asyncDispose]: () => live.stop() }
  }

  async function subscribeAll(url: string): Promise<RawClient> {
    const client = new RawClient(url, await getToken(url))
    await client.handshake()
    for (const channel of monitoringChannels) await client.subscribe(channel, -1)
    return client
  }

  test('delivers days of history, older than the retention, without ever holding much of it', async () => {
    await using running = await startOrg()
    const client = await subscribeAll(running.url)
    const dates: number[] = []
    let largest = 0
    while (
      running.live.player.progress().state !== 'live' ||
      dates.length < running.live.player.progress().published
    ) {
      const events = (await client.connect()).filter(isEvent)
      for (const { data } of events) dates.push(Date.parse(String(data.payload.CreatedDate)))
      largest = Math.max(largest, running.live.simulator.sessions()[0]?.queued ?? 0)
    }
    expect(largest).toBeLessThanOrEqual(5_500)
    expect(dates.length).toBeGreaterThan(70_000)
    expect(dates.every((date, index) => date >= (dates[index - 1] ?? 0))).toBe(true)
    expect(Math.min(...dates.slice(0, 10))).toBeLessThan(running.live.player.liveFrom - 3.9 * day)
  })

  test('an attack is started by POST, an unknown one refused', async () => {
    await using running = await startOrg({ history: 0 })
    const post = (name: string) => fetch(`${running.url}/simulator/attacks/${name}`, { method: 'POST' })
    expect((await post('S1')).status).toBe(202)
    const refused = await post('S99')
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ error: 'There is no scenario S99.' })
  })
})

describe('a file of traffic', () => {
  const events = () => generateTraffic({ org, seed: 'a', from: now, to: now + hour })

  test('holds one CometD message a line and is the same each time', async () => {
    const write = async () => {
      const blocks: string[] = []
      const output = new Writable({
        write: (block, _encoding, done) => {
          blocks.push(String(block))
          done()
        },
      })
      const count = await writeTraffic(events(), output, 'a')
      return { count, text: blocks.join('') }
    }
    const { count, text } = await write()
    const messages = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(messages).toHaveLength(count)
    expect(Object.keys(messages[0])).toEqual(['channel', 'data'])
    expect(Object.keys(messages[0].data)).toEqual(['schema', 'payload', 'event'])
    expect(Object.keys(messages[0].data.event)).toEqual(['EventUuid', 'replayId', 'EventApiName'])
    expect((await write()).text).toBe(text)
  })

  test('waits for a slow reader', async () => {
    let taken = 0
    let made = 0
    let widest = 0
    const counted = function* (): Generator<SimulatedEvent> {
      for (const event of events()) {
        made++
        yield event
      }
    }
    const output = new Writable({
      highWaterMark: 1,
      write: (block, _encoding, done) => {
        widest = Math.max(widest, made - taken)
        taken += String(block).split('\n').length - 1
        setImmediate(done)
      },
    })
    const count = await writeTraffic(counted(), output, 'a')
    expect(count).toBe(made)
    expect(widest).toBeLessThan(count / 2)
  })
})

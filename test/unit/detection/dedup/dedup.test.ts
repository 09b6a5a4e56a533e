import { describe, expect, test } from 'vitest'
import { SeenEvents, type SeenEventsOptions } from '../../../../src/detection/dedup/seen-events.ts'
import { createDetectionTask } from '../../../../src/detection/detection-task.ts'
import { hour, minute } from '../../../../src/duration.ts'
import { fingerprint } from '../../../../src/fingerprint.ts'
import { createMetrics } from '../../../../src/metrics.ts'
import { makeActivity } from '../statistics-rig.ts'

const start = Date.UTC(2026, 0, 5, 8)

describe('seen events', () => {
  test('an event is new once', () => {
    const seen = new SeenEvents()
    expect(seen.add('a', start)).toBe(true)
    expect(seen.add('b', start)).toBe(true)
    expect(seen.add('a', start)).toBe(false)
    expect(seen.size).toBe(2)
  })

  test('none of 300,000 similar identities in one hour is taken for another', () => {
    const seen = new SeenEvents()
    const identity = (i: number) => `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`
    let taken = 0
    for (let i = 0; i < 300_000; i++) if (!seen.add(identity(i), start)) taken += 1
    expect(taken).toBe(0)
    for (let i = 0; i < 300_000; i++) if (seen.add(identity(i), start)) taken += 1
    expect(taken).toBe(0)
  })

  test('events are remembered for 96 hours of event time', () => {
    const seen = new SeenEvents()
    seen.add('a', start)
    seen.add('later', start + 96 * hour)
    expect(seen.add('a', start)).toBe(false)
    seen.add('too late', start + 97 * hour)
    expect(seen.add('a', start)).toBe(true)
  })

  test('a backfilled hour is remembered as long as a live one', () => {
    const seen = new SeenEvents()
    seen.add('live', start)
    seen.add('old', start - 300 * hour)
    seen.add('also old', start - 299 * hour)
    seen.add('live', start + 96 * hour)
    expect(seen.add('old', start - 300 * hour)).toBe(false)
  })

  test('above the capacity the oldest hours go, the one at hand stays', () => {
    const seen = new SeenEvents({ capacity: 100 })
    const fill = (hours: number, count: number) => {
      for (let i = 0; i < count; i++) seen.add(`${hours}-${i}`, start + hours * hour)
    }
    fill(0, 40)
    fill(1, 40)
    fill(2, 40)
    expect(seen.size).toBe(80)
    expect(seen.add('1-0', start + hour)).toBe(false)
    fill(3, 150)
    expect(seen.size).toBe(150)
    expect(seen.add('3-0', start + 3 * hour)).toBe(false)
  })
})

describe('a replay of more events than are remembered', () => {
  const perHour = 50
  const options: SeenEventsOptions = { capacity: 24 * perHour }
  /** The newest time among the events fed so far. */
  let newest = 0
  const feed = (seen: SeenEvents, fromHour: number, toHour: number) => {
    let fresh = 0
    for (let i = fromHour * perHour; i < toHour * perHour; i++) {
      const time = start + Math.floor((i * hour) / perHour)
      newest = Math.max(newest, time)
      if (seen.add(`event-${i}`, time, newest)) fresh += 1
    }
    return fresh
  }
  const fill = () => {
    newest = 0
    const seen = new SeenEvents(options)
    expect(feed(seen, 0, 72)).toBe(72 * perHour)
    return seen
  }

  test('counts nothing twice, and goes on with what is new', () => {
    const seen = fill()
    expect(feed(seen, 0, 72)).toBe(0)
    expect(feed(seen, 72, 80)).toBe(8 * perHour)
    expect(feed(seen, 8, 80)).toBe(0)
  })

  test('counts nothing twice after a restart', () => {
    const stored = new Map<string, Buffer>()
    checkpoint(fill(), stored)
    expect(feed(restore(stored, options), 0, 72)).toBe(0)
  })

  test('an event of a dropped hour is new when it is three hours late only', () => {
    const seen = new SeenEvents({ capacity: 10 })
    for (let i = 0; i < 60; i++) seen.add(`${i}`, start + i * 6 * minute, start + i * 6 * minute)
    newest = start + 59 * 6 * minute
    expect(seen.add('late', newest - 3 * hour, newest)).toBe(true)
    expect(seen.add('late', newest - 3 * hour, newest)).toBe(false)
  })

  test('an event of an hour that nothing was dropped from is new, however old', () => {
    expect(fill().add('another org, from the beginning', start - 100 * hour, newest)).toBe(true)
  })

  test('what was dropped is not remembered forever', () => {
    const seen = fill()
    const stored = new Map<string, Buffer>()
    seen.add('much later', start + 300 * hour, start + 300 * hour)
    checkpoint(seen, stored)
    expect([...stored.keys()]).toEqual([`${start / hour + 300}/0`])
  })

  test('a kind of event that lags behind another is not taken for repeated', async () => {
    const record = {
      topic: 'events',
      partition: 0,
      offset: 0,
      key: 'org',
      headers: {},
      timestamp: 0,
      value: Buffer.alloc(0),
    }
    let activity = makeActivity({ time: start })
    const metrics = createMetrics()
    const task = createDetectionTask({
      partition: { topic: 'events', partition: 0 },
      detectors: () => ({ detectors: [], hash: 'none' }),
      orgSettings: () => ({ timeZone: 'UTC' }),
      topics: { detections: 'detections' },
      decode: () => activity,
      metrics,
      seen: options,
    })
    const play = async (type: string) => {
      for (let i = 0; i < 40 * perHour; i++) {
        const time = start + Math.floor((i * hour) / perHour)
        activity = makeActivity({ type, time, identity: `${type}-${i}` })
        task.process({ ...record, offset: i }, { emit: () => undefined, checkpointSoon: () => undefined })
      }
      const { values } = await metrics.records_duplicate_total.get()
      return values[0]?.value ?? 0
    }
    expect(await play('ApiEventStream')).toBe(0)
    expect(await play('LoginEventStream')).toBe(0)
    expect(await play('ApiEventStream')).toBe(40 * perHour)
  })
})

describe('the state of seen events', () => {
  test('a checkpoint writes only the chunks that grew', () => {
    const seen = new SeenEvents()
    for (let i = 0; i < 5000; i++) seen.add(`first-${i}`, start)
    for (let i = 0; i < 10; i++) seen.add(`second-${i}`, start + hour)
    const keys = () =>
      seen.state.takeChanges().puts.map(({ key }) => key.replace(/^\d+/, (h) => String(+h - start / hour)))
    expect(keys().sort()).toEqual(['0/0', '0/1', '0/2', '1/0'])
    seen.add('first-0', start)
    expect(keys()).toEqual([])
    seen.add('one more', start)
    expect(keys()).toEqual(['0/2'])
  })

  test('a chunk has at most 16 kB', () => {
    const seen = new SeenEvents()
    for (let i = 0; i < 10_000; i++) seen.add(`${i}`, start)
    const sizes = seen.state.takeChanges().puts.map(({ value }) => value.length)
    expect(Math.max(...sizes)).toBeLessThan(16_400)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(10_000 * 8.1)
  })

  test('what is forgotten is deleted', () => {
    const seen = new SeenEvents()
    const stored = new Map<string, Buffer>()
    for (let i = 0; i < 3000; i++) seen.add(`${i}`, start)
    checkpoint(seen, stored)
    expect(stored.size).toBe(2)
    seen.add('much later', start + 200 * hour)
    checkpoint(seen, stored)
    expect([...stored.keys()]).toEqual([`${start / hour + 200}/0`])
  })

  test.each([1, 2, 3, 4, 5, 6])(
    'restored at any moment it answers as if nothing had happened (seed %i)',
    (seed) => {
      const random = createRandom(seed)
      const options: SeenEventsOptions = { keep: 5 * hour, capacity: 6000 }
      const steady = new SeenEvents(options)
      let restarted = new SeenEvents(options)
      const stored = new Map<string, Buffer>()
      let now = start
      let different = 0
      for (let step = 0; step < 60_000; step++) {
        now += random() * 4000
        const backfill = random() < 0.1 ? 20 * hour * random() : 0
        const identity = `id-${Math.floor(random() * 40_000)}`
        // The same identity always has the same hour, as a repeated event has.
        const time =
          random() < 0.5 ? now - backfill : start + (identity.length * 7 + Number(identity.at(-1))) * hour
        if (steady.add(identity, time, now) !== restarted.add(identity, time, now)) different += 1
        if (random() < 0.001) {
          checkpoint(restarted, stored)
          restarted = restore(stored, options)
        }
      }
      expect(different).toBe(0)
      expect(restarted.size).toBe(steady.size)
      expect(steady.size).toBeGreaterThan(1000)
    },
  )
})

test('fingerprints spread evenly over both words', () => {
  const words = new Uint32Array(2)
  const ones = new Array<number>(64).fill(0)
  const count = 20_000
  for (let i = 0; i < count; i++) {
    fingerprint(`event-${i}`, words)
    for (let bit = 0; bit < 64; bit++) ones[bit]! += (words[bit >> 5]! >>> (bit & 31)) & 1
  }
  // Five standard deviations of a fair coin thrown 20,000 times.
  for (const one of ones) expect(Math.abs(one - count / 2)).toBeLessThan(5 * Math.sqrt(count / 4))
})

function checkpoint(seen: SeenEvents, stored: Map<string, Buffer>): void {
  const { puts, deletes } = seen.state.takeChanges()
  for (const key of deletes) stored.delete(key)
  for (const { key, value } of puts) stored.set(key, value)
}

function restore(stored: ReadonlyMap<string, Buffer>, options: SeenEventsOptions): SeenEvents {
  const seen = new SeenEvents(options)
  for (const [key, value] of [...stored].reverse()) seen.state.restore(key, value)
  seen.restored()
  return seen
}

/** A small linear congruential generator: numbers from 0 to 1. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

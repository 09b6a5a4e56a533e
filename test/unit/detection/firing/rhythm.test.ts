import { describe, expect, test } from 'vitest'
import { beat, createRhythm, rhythmOf } from '../../../../src/detection/firing/rhythm.ts'
import { hour, minute, second } from '../../../../src/duration.ts'
import { createRandom, makeActivity, monday } from '../statistics-rig.ts'

type Place = { network?: string; raw?: Record<string, unknown> }

function rhythmAt(times: readonly number[], placeOf: (index: number) => Place = () => ({})): number | null {
  const rhythm = createRhythm()
  for (const [index, time] of times.entries()) {
    beat(rhythm, makeActivity({ time: monday + time, action: 'login', network: 'n1', ...placeOf(index) }))
  }
  return rhythmOf(rhythm)
}

const every = (gap: number, count: number) => Array.from({ length: count }, (_, i) => i * gap)

describe('the rhythm of events', () => {
  test.each([minute, 5 * minute, 15 * minute])('is that of a machine that tries every %d ms', (gap) => {
    expect(rhythmAt(every(gap, 8))).toBe(gap)
  })

  test('forgives jitter, a missed beat, and two tries at once', () => {
    const random = createRandom(3)
    for (let run = 0; run < 50; run++) {
      const times = every(5 * minute, 60).flatMap((time) => {
        const jittered = time + (random() - 0.5) * 4 * minute
        return random() < 0.1 ? [] : [jittered, jittered + 2 * second]
      })
      expect(rhythmAt(times)).toBeGreaterThan(3 * minute)
    }
  })

  test('is not found in bursts with pauses between them', () => {
    const bursts = every(16 * minute, 5).flatMap((from) => every(36 * second, 10).map((time) => from + time))
    for (let count = 12; count <= bursts.length; count++) expect(rhythmAt(bursts.slice(0, count))).toBeNull()
  })

  test('is hardly ever found in events that come at random', () => {
    const random = createRandom(5)
    let found = 0
    for (let run = 0; run < 300; run++) {
      let time = 0
      const times = Array.from({ length: 20 }, () => {
        time += -Math.log(1 - random()) * 5 * minute
        return time
      })
      if (rhythmAt(times) !== null) found++
    }
    expect(found).toBeLessThan(15)
  })

  test('is not found in events faster than ten seconds, or in a handful', () => {
    expect(rhythmAt(every(3 * second, 100))).not.toBe(3 * second)
    expect(rhythmAt(every(5 * minute, 4))).toBeNull()
  })

  test('ends when a second network or client joins', () => {
    const times = every(5 * minute, 20)
    expect(rhythmAt(times, (i) => ({ network: i === 12 ? 'n2' : 'n1' }))).toBeNull()
    expect(rhythmAt(times, (i) => ({ raw: { Browser: i === 12 ? 'Chrome 130' : 'Unknown' } }))).toBeNull()
  })

  test('does not mind what comes late', () => {
    expect(rhythmAt([...every(5 * minute, 10), 2 * minute, hour])).toBe(5 * minute)
  })
})

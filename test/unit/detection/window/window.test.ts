import { describe, expect, test } from 'vitest'
import { observedIn } from '../../../../src/detection/baseline/measure-state.ts'
import { maxValues, RecentValues } from '../../../../src/detection/window/recent-values.ts'
import { paneAt, panesPerWindow, windowEndingAt } from '../../../../src/detection/window/window.ts'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import { createMeasures } from '../measure-rig.ts'
import { createRandom } from '../statistics-rig.ts'

const windows = [10 * minute, hour, day, 30 * day]

// A window of 10 min in panes of 1 min; the newest event is in pane 12:
//
//   pane    3  4  5  6  7  8  9 10 11 12            3 … 12 is the window [12:03, 12:13)
//   events  1  .  .  2  .  .  .  .  .  1   → 4      an event of pane 2 is too late for it
//                                                   an event of pane 13 makes it [12:04, 12:14) → 3 + 1
describe('a sliding window', () => {
  const at = (text: string) => Date.parse(`2026-03-02T12:${text}Z`)
  const fill = (...times: string[]) => {
    const { measures, add } = createMeasures([10 * minute])
    const state = add('u1', at(times[0] as string))
    for (const time of times) measures.record(state, at(time), 1, 0)
    return state
  }

  function heldAfter(...times: string[]): number {
    const state = fill(...times)
    return observedIn(state.slotOf(0))
  }

  test('holds ten panes and ends with the one of the newest event', () => {
    const state = fill('03:00', '06:10', '06:50', '12:30')
    expect(observedIn(state.slotOf(0))).toBe(4)
    expect(windowEndingAt(paneAt(state.head, 10 * minute), 10 * minute)).toEqual({
      start: at('03:00'),
      end: at('13:00'),
    })
  })

  test('forgets the pane that slides out', () => {
    expect(heldAfter('03:00', '06:10', '06:50', '12:30', '13:00')).toBe(4)
  })

  test('takes a late event into its own pane, and leaves one alone that is too late', () => {
    expect(heldAfter('12:30', '06:10')).toBe(2)
    expect(heldAfter('12:30', '02:59')).toBe(1)
    expect(heldAfter('12:30', '06:10', '16:00')).toBe(2)
  })

  test('of any length agrees with counting all events, whatever their order', () => {
    const random = createRandom(11)
    const start = Date.parse('2026-03-02T00:00:00Z')
    const events: { time: number; amount: number }[] = []
    const { measures, add } = createMeasures(windows)
    const state = add('u1', start)
    let clock = start
    for (let i = 0; i < 5000; i++) {
      clock += random() < 0.02 ? random() * 2 * day : random() * 5 * minute
      const time = Math.max(start, Math.floor(clock - (random() < 0.2 ? random() * 3 * hour : 0)))
      const amount = 1 + Math.floor(random() * 3)
      // What is too late for a ring when it comes stays out of it, so it never was in the window.
      events.push({ time, amount })
      measures.record(state, time, amount, 0)
      for (const [k, length] of windows.entries()) {
        const { start: from, end } = windowEndingAt(paneAt(state.head, length), length)
        const expected = events.filter((event) => event.time >= from && event.time < end)
        const total = expected.reduce((sum, event) => sum + event.amount, 0)
        if (i % 50 === 0) expect(observedIn(state.slotOf(k))).toBe(total)
      }
      if (events.length > 2000)
        events.splice(
          0,
          events.findIndex((event) => event.time > clock - 31 * day),
        )
    }
  })
})

describe('distinct values', () => {
  test('count once per window, however often they are seen', () => {
    const start = Date.parse('2026-03-02T12:00:00Z')
    const { measures, add } = createMeasures([10 * minute, hour], true)
    const state = add('u1', start)
    const observed = () => [observedIn(state.slotOf(0)), observedIn(state.slotOf(1))]
    for (let i = 0; i < 30; i++) measures.record(state, start + i * minute, 1, i % 3)
    measures.record(state, start + 29 * minute, 1, 99)
    expect(observed()).toEqual([4, 4])
    measures.record(state, start + 45 * minute, 1, 100)
    expect(observed()).toEqual([1, 5])
  })

  test('beyond the limit are a lower bound', () => {
    const values = new RecentValues()
    const forgotten = Array.from({ length: maxValues + 500 }, (_, i) => {
      values.see(i, i * second)
      return values.forgetOne()
    })
    expect(forgotten.slice(maxValues)).toEqual(Array.from({ length: 500 }, (_, i) => i * second))
    expect(values.size).toBe(maxValues)
    expect(values.see(maxValues + 499, 0)).toBe((maxValues + 499) * second)
  })
})

test('panes are a tenth of their window', () => {
  expect(paneAt(hour, hour)).toBe(panesPerWindow)
})

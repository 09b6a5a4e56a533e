import { describe, expect, test } from 'vitest'
import { createCountsModel } from '../../../../src/detection/baseline/counts-model.ts'
import { advanceGroup, createGroup, groupCodec } from '../../../../src/detection/baseline/group-state.ts'
import { catchUp, type Lessons } from '../../../../src/detection/baseline/learning.ts'
import type { MeasureState } from '../../../../src/detection/baseline/measure-state.ts'
import { isSuspended, suspend } from '../../../../src/detection/baseline/suspension.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { createMeasures, moment } from '../measure-rig.ts'
import { createRandom, monday } from '../statistics-rig.ts'

const windows = [10 * minute, hour, day]
const utc = () => 0
const model = createCountsModel(14 * day, utc)

/** As an entity without a verdict is learned. */
const lessonsFor = (state: MeasureState): Lessons => ({
  teachingOf: (start, end) => (isSuspended(state, start, end) ? 'excluded' : 'winsorised'),
  isReady: () => true,
  onActive: () => undefined,
})

/** A group that counts 600 an hour by day and 60 by night, and an entity that has a hundredth of it. */
function prepare() {
  const group = createGroup(model, windows.length, monday)
  const { measures, add } = createMeasures(windows)
  const state = add('u1', monday)
  group.members = 100
  for (let h = 0; h < 168; h++) group.counted[h] = isOfficeHour((h + 24 * 4) * hour) ? 600 : 60
  const now = monday + 7 * day
  advanceGroup(group, model, now, utc)
  for (let k = 0; k < windows.length; k++) {
    const { cells, base } = state.slotOf(k)
    const exposure = group.season.exposure(now, now + 14 * day, utc)
    cells[base + moment.first] = exposure / 100
    cells[base + moment.second] = exposure
  }
  state.learnedTo = now
  const record = (time: number, amount: number) => measures.record(state, time, amount, 0)
  return { group, measures, state, now, record }
}

function isOfficeHour(time: number): boolean {
  const h = Math.floor(time / hour) % 24
  return h >= 8 && h < 18
}

function learn(parts: ReturnType<typeof prepare>, to: number): void {
  catchUp(parts.state, parts.measures.waiting, parts.group, model, to, lessonsFor(parts.state))
}

function moments(state: MeasureState, k: number): number[] {
  const { cells, base } = state.slotOf(k)
  return [...cells.subarray(base + moment.first, base + moment.fourth + 1)]
}

function expected(parts: ReturnType<typeof prepare>, k: number, start: number): number {
  const slot = parts.state.slotOf(k)
  const judgement = model.judge(slot, parts.group, start, start + slot.length, 1e9)
  return judgement?.expected ?? Number.NaN
}

describe('learning', () => {
  test('of a long idle time at once is learning every empty window of it', () => {
    const atOnce = prepare()
    const stepwise = prepare()
    const end = atOnce.now + 5 * day + 3 * hour
    learn(atOnce, end)
    for (let time = stepwise.now; time <= end; time += 10 * minute) learn(stepwise, time)
    for (let k = 0; k < windows.length; k++) {
      const [a = 0, b = 0, v = 0, w = 0] = moments(atOnce.state, k)
      const [a2 = 0, b2 = 0, v2 = 0, w2 = 0] = moments(stepwise.state, k)
      expect(a / a2).toBeCloseTo(1, 3)
      expect(b / b2).toBeCloseTo(1, 2)
      expect(Math.abs(w / w2 - 1)).toBeLessThan(0.25)
      expect(Math.abs(v - v2)).toBeLessThan(0.15 * Math.abs(v2) + 0.5)
    }
  })

  /** What learning up to `to` adds to the decayed count of window `k`. */
  function gain(parts: ReturnType<typeof prepare>, to: number, k = 0): number {
    const [before = 0] = moments(parts.state, k)
    learn(parts, to)
    return (moments(parts.state, k)[0] ?? 0) - before
  }

  test('happens once per fixed window, when its end has passed', () => {
    const parts = prepare()
    for (let i = 0; i < 5; i++) parts.record(parts.now + i * minute, 1)
    expect(gain(parts, parts.now + 9 * minute)).toBe(0)
    expect(gain(parts, parts.now + 10 * minute)).toBeCloseTo(5, 0)
    expect(gain(parts, parts.now + 19 * minute)).toBe(0)
    expect(gain(parts, parts.now + hour, 1)).toBeGreaterThan(3)
  })

  test('takes a late event with the window that it belongs to, if that is still open', () => {
    const parts = prepare()
    parts.record(parts.now + 11 * minute, 1)
    parts.record(parts.now + 9 * minute, 2)
    expect(gain(parts, parts.now + 10 * minute)).toBeCloseTo(2, 0)
  })

  test('of a monstrous window is capped', () => {
    const parts = prepare()
    const mu = expected(parts, 0, parts.now)
    parts.record(parts.now, 100_000)
    const cap = mu + 6 * Math.sqrt(mu + mu ** 2 / 0.2) + 5
    expect(gain(parts, parts.now + 10 * minute)).toBeLessThan(cap)
  })

  test('of what fires teaches no more than expected, but only for a day in two weeks', () => {
    const gained = (...firedAgo: number[]) => {
      const parts = prepare()
      parts.state.since = parts.now - 30 * day
      for (const ago of firedAgo) suspend(parts.state, parts.now - ago, false)
      suspend(parts.state, parts.now, false)
      parts.record(parts.now, 1000)
      return gain(parts, parts.now + 10 * minute)
    }
    const mu = expected(prepare(), 0, prepare().now)
    expect(gained()).toBeLessThan(mu)
    expect(gained(19 * hour)).toBeLessThan(mu)
    expect(gained(day)).toBeGreaterThan(mu + 3)
    expect(gained(8 * day, 7 * day)).toBeGreaterThan(mu + 3)
    expect(gained(14 * day)).toBeLessThan(mu)
  })

  test('of what fires is as of anything else while the entity is known for less than three days', () => {
    const gained = (knownFor: number) => {
      const parts = prepare()
      parts.state.since = parts.now - knownFor
      suspend(parts.state, parts.now, false)
      parts.record(parts.now, 1000)
      return gain(parts, parts.now + 10 * minute)
    }
    const mu = expected(prepare(), 0, prepare().now)
    expect(gained(2 * day)).toBeGreaterThan(mu + 3)
    expect(gained(3 * day)).toBeLessThan(mu)
  })
})

describe('a group', () => {
  test('expects of an hour what it counted in that hour of the week', () => {
    const parts = prepare()
    const night = expected(parts, 0, parts.now + 2 * hour)
    const noon = expected(parts, 0, parts.now + 12 * hour)
    expect(noon / night).toBeGreaterThan(8)
    expect(noon / night).toBeLessThan(11)
  })

  test('borrows the factor of an hour that it has hardly watched, however silent it was', () => {
    const { group, now } = prepare()
    const thursday = 10
    group.counted[thursday] = 0
    group.watched[thursday] = 0.08
    advanceGroup(group, model, now + hour, utc)
    expect(group.factors[thursday]).toBeCloseTo(group.factors[thursday + 24 * 4] as number, 0)
  })

  test('takes entities out of its sums exactly as they were put in', () => {
    const parts = prepare()
    const slot = parts.state.slotOf(0)
    const empty = Float64Array.from(parts.group.sums)
    model.contribute(slot, parts.group, 1)
    expect(parts.group.sums).not.toEqual(empty)
    advanceGroup(parts.group, model, parts.now + 3 * day, utc)
    model.contribute(slot, parts.group, -1)
    expect(parts.group.sums).toEqual(empty)
  })

  test('is restored from its bytes', () => {
    const { group } = prepare()
    const random = createRandom(2)
    for (let i = 0; i < group.sums.length; i++) group.sums[i] = random()
    const codec = groupCodec(model, windows.length)
    expect(codec.decode(codec.encode(group))).toEqual(group)
  })
})

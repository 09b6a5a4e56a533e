import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { Bursts } from '../../../../src/detection/watching/windows/bursts.ts'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import type { PartitionTask } from '../../../../src/stream/task.ts'
import {
  acme,
  createRandom,
  createRig,
  makeActivity,
  makeDetector,
  monday,
  rowsRead,
} from '../statistics-rig.ts'

const firing = { budget: 1, atLeast: 1, alwaysAbove: Number.POSITIVE_INFINITY }
const org = { ref: acme, offset: () => 0, watermark: monday }
const footing = { row: 3, group: 0, firing, org }

function begun(room: number): Bursts {
  const bursts = new Bursts()
  bursts.begin(footing, monday, room)
  return bursts
}

describe('a burst', () => {
  it('takes what fits into it, and gives it back as one', () => {
    const bursts = begun(10)
    expect([4, 5, 1].map((amount, i) => bursts.add(footing, monday + i * second, amount))).toEqual([
      true,
      true,
      false,
    ])
    expect(bursts.takeAll()).toEqual([{ row: 3, org, amount: 9, last: monday + second }])
    expect(bursts.takeAll()).toEqual([])
    expect(bursts.add(footing, monday + second, 1)).toBe(false)
  })

  it('takes nothing on another footing, in another minute, out of order or by halves', () => {
    const bursts = begun(10)
    expect(bursts.add({ ...footing, group: 1 }, monday, 1)).toBe(false)
    expect(bursts.add({ ...footing, firing: { ...firing } }, monday, 1)).toBe(false)
    expect(bursts.add({ ...footing, org: { ...org, watermark: monday + minute } }, monday, 1)).toBe(false)
    expect(bursts.add({ ...footing, row: 3 + 512 }, monday, 1)).toBe(false)
    expect(bursts.add(footing, monday + minute, 1)).toBe(false)
    expect(bursts.add(footing, monday - 1, 1)).toBe(false)
    expect(bursts.add(footing, monday, 0.5)).toBe(false)
  })

  it('is expected of whoever came before, and of nobody else', () => {
    const bursts = new Bursts()
    expect([3, 3, 3 + 512, 3].map((row) => bursts.expects(row))).toEqual([false, true, false, false])
  })

  it('ends when another entity comes in its place', () => {
    const bursts = begun(10)
    bursts.add(footing, monday, 2)
    expect(bursts.take(3 + 512)).toMatchObject({ row: 3, amount: 2 })
    expect(bursts.take(3)).toBeNull()
  })
})

describe('a watcher', () => {
  it('counts bursts as their events one by one', () => {
    const detectors = [
      makeDetector({ id: 'calls', atLeast: 50 }),
      makeDetector({ id: 'records', model: 'amounts', measure: rowsRead, atLeast: 500 }),
      makeDetector({ id: 'limit', model: 'none', atLeast: 900 }),
    ]
    const random = createRandom(7)
    const activities: Activity[] = []
    for (let time = monday; time < monday + 12 * day; time += Math.floor(random() ** 6 * 20 * minute)) {
      const user = `u${Math.floor(random() * 3)}`
      activities.push(makeActivity({ user, time, rows: Math.floor(random() * 9) }))
    }
    for (let i = 0; i < 900; i++)
      activities.push(makeActivity({ user: 'u0', time: monday + 12 * day + hour + i * second, rows: 20 }))
    const whole = createRig(detectors)
    const single = createRig(detectors)
    const saved = new Map<string, string>()
    for (const activity of activities) {
      whole.feed({ ...activity })
      single.feed({ ...activity })
      // Whoever saves after each event has nothing left to add up.
      save(single.task, saved)
    }
    const savedAtOnce = new Map<string, string>()
    save(whole.task, savedAtOnce)
    expect(whole.detections.length).toBeGreaterThan(3)
    expect(single.detections).toEqual(whole.detections)
    for (const [key, value] of savedAtOnce) if (key.includes('/rows ')) expect(saved.get(key)).toBe(value)
  })
})

function save(task: PartitionTask, into: Map<string, string>): void {
  for (const { section, ...state } of task.states.map((each) => ({
    section: each.section,
    ...each.takeChanges(),
  })))
    for (const { key, value } of state.puts) into.set(`${section} ${key}`, value.toString('hex'))
}

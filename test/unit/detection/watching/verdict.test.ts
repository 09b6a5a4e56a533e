import { expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import type { VerdictWord } from '../../../../src/detection/baseline/incidents.ts'
import type { Detection } from '../../../../src/detection/detection.ts'
import { lateness } from '../../../../src/detection/detection-task.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { entityKey } from '../../../../src/detection/watching/watcher.ts'
import { WindowWatcher } from '../../../../src/detection/watching/windows/window-watcher.ts'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import {
  acme,
  createRandom,
  gamma,
  makeActivity,
  makeDetector,
  monday,
  poisson,
  rowsRead,
} from '../statistics-rig.ts'

const calls = makeDetector({ atLeast: 100, windows: [10 * minute, hour] })
const rows = makeDetector({
  model: 'amounts',
  measure: rowsRead,
  atLeast: 2000,
  windows: [10 * minute, hour],
})

/** Twelve people at work, and on the given days at 11:00 a burst of u1's; the verdict on each comes `after` it fired. */
function burstDays(
  detector: typeof calls,
  bursts: readonly number[],
  verdict: VerdictWord | null,
  after: number = day,
): number[] {
  const detections: Detection[] = []
  const watcher = new WindowWatcher({ detector, set: 'set' }, new EntityTable(), (detection) =>
    detections.push(detection),
  )
  const random = createRandom(3)
  const clock = { ref: acme, offset: () => 0, watermark: monday }
  const judged = new Set<string>()
  const feed = (activity: Activity) => {
    clock.watermark = Math.max(clock.watermark, activity.time - lateness)
    for (const { episode, entity, time } of verdict ? detections : []) {
      if (judged.has(episode) || activity.time < time + after) continue
      judged.add(episode)
      if (verdict) watcher.verdict(episode, entityKey(acme, entity.id), verdict, clock)
    }
    watcher.process(activity, clock)
    if (Math.floor(activity.time / minute) % 10 === 0) watcher.tick(clock, activity.time)
  }
  for (let d = 0; d <= (bursts.at(-1) ?? 0); d++) {
    const start = monday + d * day
    const usual = Array.from({ length: 12 * 24 }, (_, i) =>
      Array.from({ length: poisson(random, 4 * gamma(random, 3)) }, () =>
        makeActivity({
          user: `u${i % 12}`,
          rows: 10 + Math.floor(90 * random()),
          time: start + Math.floor(i / 12) * hour + Math.floor(random() * hour),
        }),
      ),
    ).flat()
    const burst = Array.from({ length: bursts.includes(d) ? 600 : 0 }, (_, i) =>
      makeActivity({ user: 'u1', rows: 200, time: start + 11 * hour + i * second }),
    )
    for (const activity of [...usual, ...burst].sort((a, b) => a.time - b.time)) feed(activity)
  }
  return detections
    .filter(({ sequence }) => sequence === 0)
    .map(({ time }) => Math.floor((time - monday) / day))
}

test.each([
  ['calls', calls],
  ['records', rows],
])(
  'a burst of %s that an analyst expects does not fire again, be it said at once or a day later',
  (_, detector) => {
    expect(burstDays(detector, [9, 12], null)).toEqual([9, 12])
    expect(burstDays(detector, [9, 12], 'expected')).toEqual([9])
    expect(burstDays(detector, [9, 12], 'expected', 2 * minute)).toEqual([9])
  },
)

test('an attack that an analyst has confirmed is never learned, however often it is repeated', () => {
  const repeated = [9, 10, 11, 12, 13, 14]
  expect(burstDays(calls, repeated, null).length).toBeLessThan(4)
  expect(burstDays(calls, repeated, 'true_positive', 2 * hour)).toEqual(repeated)
})

test('a verdict on an episode that nobody knows is passed over', () => {
  const watcher = new WindowWatcher({ detector: calls, set: 'set' }, new EntityTable(), () => undefined)
  const clock = { ref: acme, offset: () => 0, watermark: monday }
  expect(() => watcher.verdict('no such episode', entityKey(acme, 'u1'), 'expected', clock)).not.toThrow()
})

import type { Activity } from '../../../src/detection/activity/activity.ts'
import type { Detector, Measure } from '../../../src/detection/definition/detector.ts'
import { parseMeasure } from '../../../src/detection/definition/measure.ts'
import type { Detection } from '../../../src/detection/detection.ts'
import { EntityTable } from '../../../src/detection/entities/entity-table.ts'
import { NoveltyWatcher } from '../../../src/detection/watching/novelty/novelty-watcher.ts'
import { day, hour, week } from '../../../src/duration.ts'
import { acme, makeActivity, makeDetector, monday } from './statistics-rig.ts'

export const office = '203.0.113.0/24'
export const elsewhere = '198.51.100.0/24'

export function newMeasure(expression = 'new(network, app, client)'): Measure {
  const measure = parseMeasure(expression)
  if (typeof measure === 'string') throw new Error(measure)
  return measure
}

export function detectorOf(
  changes: Partial<Detector> & { budget?: number; peersOf?: Detector['baseline']['peersOf'] } = {},
) {
  return makeDetector({
    model: 'novelty',
    measure: newMeasure(),
    windows: [day],
    budget: 1 / week,
    ...changes,
  })
}

export type Day = (user: number, number: number) => Partial<Activity>

/** Activities of so many users on so many days, from the office with the same two things unless told otherwise. */
export function usualDays(users: number, days: number, of: Day = () => ({})): Activity[] {
  const activities: Activity[] = []
  for (let number = 0; number < days; number++) {
    for (let user = 0; user < users; user++) {
      const time = monday + number * day + 9 * hour + user * 60_000
      activities.push(makeActivity({ time, user: `u${user}`, ...usual(user), ...of(user, number) }))
    }
  }
  return activities
}

export function usual(user: number) {
  return {
    network: user % 4 === 0 ? `10.0.${user}.0/24` : office,
    app: 'Browser',
    client: 'chrome on windows',
  }
}

export const stranger = { network: elsewhere, app: 'My Ticket Portal', client: 'unknown' }

/** A watcher by itself, after three usual weeks. */
export function createWatched() {
  const detections: Detection[] = []
  const watcher = new NoveltyWatcher({ detector: detectorOf(), set: 'set' }, new EntityTable(), (detection) =>
    detections.push(detection),
  )
  const org = { ref: acme, offset: () => 0, watermark: monday + 21 * day }
  const process = (...activities: readonly Activity[]) => {
    for (const activity of activities) watcher.process(activity, org)
  }
  process(...usualDays(30, 21))
  return { watcher, org, detections, process, users: () => [...new Set(detections.map((d) => d.entity.id))] }
}

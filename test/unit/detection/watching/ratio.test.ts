import { describe, expect, test } from 'vitest'
import { parseDetectionMessage } from '../../../../src/alerting/detection-message.ts'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import type { VerdictWord } from '../../../../src/detection/baseline/incidents.ts'
import type { Measure } from '../../../../src/detection/definition/detector.ts'
import type { Detection } from '../../../../src/detection/detection.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { recompute } from '../../../../src/detection/firing/recompute.ts'
import { entityKey } from '../../../../src/detection/watching/watcher.ts'
import { WindowWatcher } from '../../../../src/detection/watching/windows/window-watcher.ts'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import {
  acme,
  createRandom,
  createRig,
  gamma,
  makeActivity,
  makeDetector,
  monday,
} from '../statistics-rig.ts'

const failures: Measure = {
  expression: 'ratio',
  kind: 'ratio',
  fields: [],
  amountOf: () => 1,
  valueOf: () => null,
  unit: 'failed logins',
}

const detector = makeDetector({
  model: 'ratio',
  measure: failures,
  hits: ({ outcome }) => outcome === 'failure',
  windows: [10 * minute, hour],
  atLeast: 5,
})

/** Eight portals with shares of failures of their own, about five per cent, which change a little from hour to hour. */
function logins(days: number): Activity[] {
  const random = createRandom(17)
  const shares = Array.from({ length: 8 }, () => 0.05 * gamma(random, 8))
  const found: Activity[] = []
  for (let h = 0; h < days * 24; h++) {
    for (const [portal, share] of shares.entries()) {
      const now = share * gamma(random, 10)
      for (let i = 0; i < (h % 24 > 6 ? 30 : 3); i++)
        found.push(login(`p${portal}`, monday + (h + random()) * hour, random() < now))
    }
  }
  return found.sort((a, b) => a.time - b.time)
}

function login(user: string, time: number, fails: boolean): Activity {
  return makeActivity({
    user,
    time: Math.floor(time),
    action: 'login',
    outcome: fails ? 'failure' : 'success',
  })
}

/** Thirty logins in half an hour, of which most fail: no more than usual, but for the share. */
function stuffing(start: number): Activity[] {
  return Array.from({ length: 30 }, (_, i) => login('p3', start + i * minute, i % 6 !== 0))
}

const start = monday + 14 * day + 10 * hour
const events = [...logins(15), ...stuffing(start)].sort((a, b) => a.time - b.time)

describe('a detector of shares', () => {
  const rig = createRig([detector])
  rig.feed(...events)
  const { detections } = rig

  test('finds failures at the usual number of logins, and is quiet about everybody else', () => {
    expect(new Set(detections.map(({ entity }) => entity.id))).toEqual(new Set(['p3']))
    const [first] = detections
    expect(first?.time).toBeGreaterThan(start)
    expect(first?.time).toBeLessThan(start + 20 * minute)
    expect(first?.statistics?.high).toBeLessThan(first?.observed ?? 0)
    expect(first?.statistics?.peers).toBe('user')
  })

  test('says nothing that cannot be computed again from the detection alone', () => {
    for (const { statistics, observed, window } of detections) {
      if (!statistics) throw new Error('no statistics')
      const { model, parameters } = statistics
      expect(model).toBe('ratio')
      expect(statistics).toMatchObject(recompute({ model, parameters }, { observed, window }))
      expect(statistics.expected).toBeCloseTo(
        ((parameters.trials ?? 0) * (parameters.alpha ?? 0)) /
          ((parameters.alpha ?? 0) + (parameters.beta ?? 0)),
        9,
      )
    }
  })

  test('is understood by the stage that makes alerts of it', () => {
    for (const detection of detections)
      expect(parseDetectionMessage(Buffer.from(JSON.stringify(detection)))).toEqual(detection)
  })

  test('stopped and restored at any point, finds the same', () => {
    const other = createRig([detector])
    for (const [i, event] of events.entries()) {
      other.feed(event)
      if (i % 4999 === 0) other.restart()
    }
    expect(other.detections).toEqual(detections)
  })

  test('takes many more logins with the usual share for no surprise', () => {
    const random = createRandom(5)
    const calm = createRig([detector])
    const rush = Array.from({ length: 1500 }, (_, i) => login('p3', start + i * second, random() < 0.05))
    calm.feed(...[...logins(15), ...rush].sort((a, b) => a.time - b.time))
    expect(calm.detections).toEqual([])
  })

  test('judges a portal without history like the others', () => {
    const newcomer = createRig([detector])
    const its = Array.from({ length: 20 }, (_, i) => login('new', start + i * 10 * second, true))
    newcomer.feed(...[...logins(15), ...its].sort((a, b) => a.time - b.time))
    const [first] = newcomer.detections
    expect(first?.entity.id).toBe('new')
    expect(first?.statistics?.peerWeight).toBeGreaterThan(0.9)
  })
})

test.each([
  ['expected', 1],
  ['true_positive', 3],
] as const)('a share that was said to be %s fires %d times when it comes thrice', (verdict, times) => {
  const thrice = [0, 1, 2].flatMap((d) => stuffing(start + d * day))
  const all = [...logins(17), ...thrice].sort((a, b) => a.time - b.time)
  expect(episodesWith(all, verdict)).toBe(times)
})

/** Episodes that a watcher tells, each of which gets this verdict after an hour. */
function episodesWith(activities: readonly Activity[], verdict: VerdictWord): number {
  const detections: Detection[] = []
  const watcher = new WindowWatcher({ detector, set: 'set' }, new EntityTable(), (detection) =>
    detections.push(detection),
  )
  const clock = { ref: acme, offset: () => 0, watermark: monday }
  const judged = new Set<string>()
  for (const activity of activities) {
    clock.watermark = activity.time - 3 * hour
    for (const { episode, entity, time } of detections) {
      if (judged.has(episode) || activity.time < time + hour) continue
      judged.add(episode)
      watcher.verdict(episode, entityKey(acme, entity.id), verdict, clock)
    }
    watcher.process(activity, clock)
    watcher.tick(clock, activity.time)
  }
  return new Set(detections.map(({ episode }) => episode)).size
}

import { expect, test } from 'vitest'
import { hour, minute } from '../../../../src/duration.ts'
import { createRig, makeActivity, makeDetector, monday } from '../statistics-rig.ts'

test('the level is that of the worst window that fires, and its numbers are told', () => {
  const start = monday + 9 * hour
  const detector = makeDetector({
    model: 'none',
    atLeast: 5,
    alwaysAbove: 5,
    windows: [10 * minute, hour],
    levelFor: ({ window, observed }) => (window === 10 * minute && observed >= 6 ? 'high' : 'low'),
  })
  const rig = createRig([detector])
  const at = (time: number) => makeActivity({ time, id: `e${time}` })
  for (let n = 0; n < 4; n++) rig.feed(at(start + n * minute))
  for (let n = 0; n < 6; n++) rig.feed(at(start + (20 + n) * minute))
  const { level, observed, window } = rig.detections.at(-1) ?? {}
  expect([level, observed, window?.length]).toEqual(['high', 6, 10 * minute])
  expect(rig.detections[0]).toMatchObject({ level: 'low', observed: 5, window: { length: hour } })
})

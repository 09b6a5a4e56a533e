import { expect, test } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { hour, minute } from '../../../src/duration.ts'
import { accept, createFakeNotifier, createHarness, settle } from '../../support/alerting-harness.ts'
import { makeDetection, org, startTime } from '../../support/make-detection.ts'

test('an alert that ends and comes back while its receiver is slow is told of in order, every end in its place', async () => {
  const clock = createManualClock(startTime)
  const notifier = createFakeNotifier(clock, 'slow')
  const slow = Promise.withResolvers<void>()
  notifier.answer = async () => {
    await slow.promise
    return accept()
  }
  const harness = createHarness({ notifiers: [notifier], clock })
  for (let round = 0; round < 3; round++) {
    const time = startTime + round * 2 * hour
    harness.process(makeDetection({ id: `detection-${round}`, episode: `episode-${round}`, time }))
    harness.process({ kind: 'progress', org, time: time + hour + minute })
    await harness.checkpoint()
  }
  slow.resolve()
  for (let turn = 0; turn < 20; turn++) await settle()
  expect(notifier.causes()).toEqual(['first', 'resolved', 'repeat', 'resolved', 'repeat', 'resolved'])
})

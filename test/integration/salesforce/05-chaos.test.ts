import { expect, test } from 'vitest'
import { runChaos } from '../../bench/chaos/chaos.ts'

test('twenty seconds of faults in a busy stream lose nothing, count nothing twice and leave nothing behind', async () => {
  const report = await runChaos({
    seed: 'twenty seconds',
    seconds: 20,
    rate: 500,
    interval: 2,
    hold: 1_000,
    timing: { pace: 0.3, session: { grace: 2_000 } },
  })
  expect(report).toMatchObject({
    published: expect.any(Number),
    lost: 0,
    countedTwice: 0,
    offences: [],
    uncaught: [],
    leftBehind: { sessions: 0, sockets: 0, resources: 0 },
  })
  expect(report.published).toBeGreaterThan(5_000)
  expect(report.recoveries.length).toBeGreaterThan(0)
  expect(report.handshakes).toBeLessThanOrEqual(1 + 2 * report.faults + 20)
}, 180_000)

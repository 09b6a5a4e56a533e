import { expect, test } from 'vitest'
import { createRandom } from '../../../src/simulator/random.ts'
import { type FaultKind, faultTable } from '../../../src/simulator/server/fault-table.ts'
import { logins, reports, until, watchOrg } from './watched-org.ts'

/**
 * A reset stream forgets events that were never delivered: no client can get those from the stream. The other two end with
 * something else only: a session of three hours, and half a minute without a token.
 */
const leftOut: readonly FaultKind[] = ['stream-reset', 'silent-backlog', 'token-silent']
const kinds = (Object.keys(faultTable) as FaultKind[]).filter((kind) => !leftOut.includes(kind))

test('sixty faults at random moments of a busy stream lose nothing', async () => {
  await using org = await watchOrg({ simulator: { largestBatch: 7 } })
  const random = createRandom('sixty faults')
  // Waiting is cut to nearly nothing: the order of events is what matters here.
  const ingest = await org.started({}, { pace: 0.0005, retryRefused: 50 })
  for (let round = 0; round < 60; round++) {
    org.publish(random.integer(20), random.pick([logins, reports]))
    org.simulator.faults.inject({ kind: random.pick(kinds) })
    org.publish(random.integer(20), random.pick([logins, reports]))
    if (random.chance(0.7)) await org.everythingArrived()
  }
  org.simulator.faults.clear()
  await org.everythingArrived()
  await until(() => ingest.status().ready)
  await until(() => org.simulator.sessions().filter(({ held }) => held).length === 1)
  const endings = Object.values(await org.endings()).reduce((sum, count) => sum + count, 0)
  expect(endings).toBeGreaterThan(30)
})

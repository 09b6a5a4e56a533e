import { expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { requestToken } from '../../../src/salesforce/auth.ts'
import { createCometd } from '../../../src/salesforce/cometd/cometd-session.ts'
import { logins, until, watchOrg } from './watched-org.ts'

/** Timers and sockets of this process, except what the simulator holds for the connections of others. */
function resources(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(Timeout|TCPSocketWrap|TLSWrap)$/.test(kind))
    .length
}

test('a hundred sessions that ended in every way leave no timer and no socket', async () => {
  await using org = await watchOrg()
  const token = await requestToken({
    org: 'acme',
    loginUrl: org.url,
    auth: { flow: 'client_credentials', clientId: 'forcewatch', readSecret: () => 'hush' },
    clock: systemClock,
  })
  const cometd = createCometd({ clock: systemClock, apiVersion: '66.0' })
  const faults = ['http-503', 'unknown-client', 'unknown-client-none', 'server-disconnect-alone'] as const
  const before = resources()
  for (let count = 0; count < 100; count++) {
    const session = cometd.open({ ...token, channels: new Map([[logins, 'now']]) })
    expect(await session.next()).toMatchObject({ kind: 'subscribed' })
    const fault = faults[count % (faults.length + 1)]
    if (fault) {
      org.simulator.faults.inject({ kind: fault })
      for (let step = await session.next(); step.kind !== 'ended'; step = await session.next())
        session.acknowledge()
    }
    await session.close()
  }
  await until(() => resources() <= before + 1)
  expect(org.simulator.sessions()).toEqual([])
})

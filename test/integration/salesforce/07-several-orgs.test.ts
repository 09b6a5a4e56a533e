import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { freePort } from '../../support/free-port.ts'
import { logins, until, watchOrg } from './watched-org.ts'

/** A host that accepts connections and never says a word. */
async function startBlackHole() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('an org that never answers, one that refuses and one that floods leave the others as quick as before', async () => {
  await using hole = await startBlackHole()
  await using org = await watchOrg()
  await using busy = await watchOrg()
  const refused = `http://127.0.0.1:${await freePort()}`
  // All of them are ingested by the one process, into one log and one store.
  const dead = [hole.url, refused].map((loginUrl, index) => org.start({ name: `dead-${index}`, loginUrl }))
  org.start({ name: 'busy', loginUrl: busy.url })
  const healthy = await org.started({ name: 'healthy' })
  await until(() => busy.simulator.sessions().length === 1)
  busy.publish(5_000, logins, { Query: 'x'.repeat(1_000) })
  for (let count = 0; count < 20; count++) {
    org.publish(1)
    const before = systemClock.monotonic()
    await until(async () => (await org.metrics.events_received_total.get()).values.some(isAbout(count + 1)))
    expect(systemClock.monotonic() - before).toBeLessThan(5_000)
  }
  expect(healthy.status().ready).toBe(true)
  expect(dead.map((ingest) => ingest.status().ready)).toEqual([false, false])
  expect(org.simulator.offences()).toEqual([])
  // Leaving does not wait for the dead either.
  const before = systemClock.monotonic()
  await Promise.all(dead.map((ingest) => ingest.stop()))
  expect(systemClock.monotonic() - before).toBeLessThan(5_000)
})

function isAbout(count: number) {
  return ({ labels, value }: { labels: Partial<Record<string, string | number>>; value: number }) =>
    labels.org === 'healthy' && value === count
}

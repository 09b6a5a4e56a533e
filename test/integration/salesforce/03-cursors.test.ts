import { describe, expect, test } from 'vitest'
import { ForcewatchError } from '../../../src/errors.ts'
import type { Log } from '../../../src/log/log.ts'
import type { StateStore } from '../../../src/store/state-store.ts'
import { logins, reports, until, watchOrg } from './watched-org.ts'

/** A log that can be switched off. */
function createSwitch() {
  let isDown = false
  let refused = 0
  return {
    wrapLog: (log: Log): Log => ({
      createTopics: (topics) => log.createTopics(topics),
      subscribe: (subscription) => log.subscribe(subscription),
      read: (partition, from, signal) => log.read(partition, from, signal),
      offsets: (topic) => log.offsets(topic),
      offsetsAt: (topic, time) => log.offsetsAt(topic, time),
      close: () => log.close(),
      async append(topic, records) {
        if (isDown) {
          refused++
          throw new ForcewatchError('LOG_UNAVAILABLE', 'the log is switched off')
        }
        return log.append(topic, records)
      },
    }),
    turn(on: boolean): void {
      isDown = !on
    },
    get refused(): number {
      return refused
    },
  }
}

describe('where a new session goes on', () => {
  test('after a stop it goes on behind the last event, and gets what was published meanwhile', async () => {
    await using org = await watchOrg()
    const first = await org.started()
    org.publish(10)
    await org.everythingArrived()
    await first.stop()
    org.publish(10)
    await org.started()
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
  })

  test('the very first subscription of an org brings only what comes after it', async () => {
    await using org = await watchOrg()
    org.simulator.publish(logins, { EventIdentifier: 'too early' })
    await org.started()
    org.publish(3)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.records()).toHaveLength(3)
  })

  test('a channel that has delivered nothing yet loses nothing between two sessions', async () => {
    await using org = await watchOrg()
    const first = await org.started()
    await first.stop()
    org.publish(5, reports)
    await org.started()
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
  })

  test('a channel that is added later brings nothing from before the first subscription', async () => {
    await using org = await watchOrg()
    const first = await org.started({ channels: [logins] })
    const earlier = new Date(Date.parse('2026-01-01T00:00:00Z')).toISOString()
    org.simulator.publish(reports, { EventIdentifier: 'too early', EventDate: earlier, CreatedDate: earlier })
    org.publish(2, reports)
    await first.stop()
    await org.started()
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.records()).toHaveLength(2)
  })
})

describe('when a batch cannot be kept', () => {
  test('a log that is down for a moment holds the session back', async () => {
    const power = createSwitch()
    await using org = await watchOrg(power)
    await org.started()
    power.turn(false)
    org.publish(5)
    await until(() => power.refused > 0)
    org.publish(5)
    power.turn(true)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({})
  })

  test('a log that stays down ends the session; no cursor moves and nothing is lost', async () => {
    const power = createSwitch()
    await using org = await watchOrg(power)
    const ingest = await org.started({}, { patience: 50 })
    org.publish(5)
    await org.everythingArrived()
    power.turn(false)
    org.publish(5)
    await until(() => ingest.status().phase === 'waiting')
    await until(() => org.simulator.requests().handshake >= 3)
    power.turn(true)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    await until(() => ingest.status().ready)
    expect(org.simulator.sessions()).toHaveLength(1)
  })

  test('a death between append and cursor leaves duplicates in the log at most', async () => {
    let isFatal = false
    const wrapStore = (store: StateStore): StateStore => ({
      close: () => store.close(),
      read: (scope) => store.read(scope),
      async acquire(scope, options) {
        const lease = await store.acquire(scope, options)
        if (!lease) return null
        return {
          scope,
          epoch: lease.epoch,
          renew: () => lease.renew(),
          restore: () => lease.restore(),
          release: () => lease.release(),
          async commit(change) {
            if (!isFatal) return lease.commit(change)
            isFatal = false
            throw new ForcewatchError('FENCED', 'the lease was lost just now')
          },
        }
      },
    })
    await using org = await watchOrg({ wrapStore })
    const ingest = await org.started()
    org.publish(5)
    await org.everythingArrived()
    isFatal = true
    org.publish(5)
    await until(() => !isFatal)
    await until(() => ingest.status().ready)
    org.publish(5)
    const { duplicates } = await org.everythingArrived()
    expect(duplicates).toBeGreaterThan(0)
    expect(duplicates).toBeLessThanOrEqual(5)
  })
})

describe('two replicas', () => {
  test('one subscribes; the other stands by and takes over when the lease is given up', async () => {
    await using org = await watchOrg()
    const active = await org.started()
    const standby = org.start()
    await until(() => standby.status().phase === 'standby')
    org.publish(5)
    await org.everythingArrived()
    expect(org.simulator.sessions()).toHaveLength(1)
    await active.stop()
    org.publish(5)
    await until(() => standby.status().ready)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(org.simulator.requests().handshake).toBe(2)
  })

  test('a holder whose lease was taken leaves its session at once', async () => {
    await using org = await watchOrg()
    const ingest = await org.started({}, { leaseTtl: 300 })
    const thief = await org.store.acquire('ingest:acme', { owner: 'thief', ttl: 60_000, mode: 'steal' })
    await until(() => ingest.status().phase === 'standby')
    expect(org.simulator.sessions()).toEqual([])
    await thief?.release()
    await until(() => ingest.status().ready)
  })

  test('a holder that died without a word is replaced once its lease has expired', async () => {
    await using org = await watchOrg()
    await org.store.acquire('ingest:acme', { owner: 'dead', ttl: 300, mode: 'steal' })
    const standby = org.start()
    await until(() => standby.status().phase === 'standby')
    expect(org.simulator.requests().handshake).toBe(0)
    await until(() => standby.status().ready)
  })
})

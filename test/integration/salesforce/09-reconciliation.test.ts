import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { hour } from '../../../src/duration.ts'
import { ForcewatchError } from '../../../src/errors.ts'
import type { Metrics } from '../../../src/metrics.ts'
import type { OrgOptions } from '../../../src/salesforce/org-options.ts'
import { readClosings, reconcileScope } from '../../../src/salesforce/reconcile/reconcile-state.ts'
import { identifierOf, logins, reports, until, type WatchedOrg, watchOrg } from './watched-org.ts'

const reconciliation = { enabled: true, interval: 100, settle: 300, overlap: 500, apiReserve: 0.2 }

async function total(
  metrics: Metrics,
  name: 'found' | 'injected' | 'unexplained',
  event = 'LoginEventStream',
): Promise<number> {
  const { values } = await metrics[`reconcile_${name}_total`].get()
  return values.find(({ labels }) => labels.event === event)?.value ?? 0
}

async function rounds({ metrics }: WatchedOrg, outcome = 'ok'): Promise<number> {
  const { values } = await metrics.reconcile_rounds_total.get()
  return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0
}

/** Waits until everything that happened so far has been compared. */
async function compared(org: WatchedOrg, more = 3): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, reconciliation.settle))
  const before = await rounds(org)
  await until(async () => (await rounds(org)) >= before + more)
}

async function identifiers(
  { records }: WatchedOrg,
  origin: string,
): Promise<readonly (string | undefined)[]> {
  const found = (await records()).filter(({ headers }) => headers.origin === origin)
  return found.map(identifierOf).sort()
}

function warnings({ lines }: WatchedOrg, text: string) {
  return lines.filter(({ level, msg }) => level === 'warn' && msg.includes(text))
}

const watched: Partial<OrgOptions> = { reconciliation }

/** A JWT would not be good for so long. */
const secret = { flow: 'client_credentials', clientId: 'forcewatch', readSecret: () => 'hush' } as const

const custom = '/event/Security__chn'

describe('reconciliation', () => {
  test('finds what a custom channel lost of its members, also after a restart', async () => {
    await using org = await watchOrg({ simulator: { customChannels: { [custom]: [logins, reports] } } })
    const first = await org.started({ channels: [custom], reconciliation })
    org.publish(3)
    org.publish(3, reports)
    await org.everythingArrived()
    for (let time = 0; time < 2; time++) {
      org.simulator.faults.inject({ kind: 'event-lost', channel: logins, times: 2 })
      org.publish(3)
      expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
      await first.stop()
      if (time === 0) await org.started({ channels: [custom], reconciliation })
    }
    expect(await identifiers(org, 'reconcile')).toEqual(['10', '6', '7', '9'])
    const channels = (await org.records()).map(({ value }) => JSON.parse(value.toString()).channel)
    expect(new Set(channels)).toEqual(new Set([custom, logins]))
  })

  test('finds what a custom channel lost of a member that never brought anything', async () => {
    await using org = await watchOrg({ simulator: { customChannels: { [custom]: [logins, reports] } } })
    await org.started({ channels: [custom], reconciliation })
    org.publish(3)
    org.simulator.faults.inject({ kind: 'event-lost', channel: reports, times: 2 })
    org.publish(2, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await identifiers(org, 'reconcile')).toEqual(['3', '4'])
  })

  test('says once that it may not read the members of a custom channel, and knows those that came', async () => {
    const setup = { permissions: ['ApiEnabled', 'ViewDataLeakageEvents'] }
    await using org = await watchOrg({
      simulator: { customChannels: { [custom]: [logins, reports] }, setup },
    })
    await org.started({ channels: [custom], reconciliation })
    org.publish(3)
    await org.everythingArrived()
    await compared(org)
    org.simulator.faults.inject({ kind: 'event-lost', channel: logins, times: 2 })
    org.publish(2)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    const [warning, ...others] = warnings(org, `the members of ${custom} cannot be read`)
    expect(warning?.remedy).toContain('View Setup and Configuration')
    expect(others).toEqual([])
  })

  test('closes the gap of a custom channel when each of its members has been compared over it', async () => {
    await using org = await watchOrg({
      simulator: { customChannels: { [custom]: [logins, reports] }, retention: { perChannel: 10 } },
    })
    const options = { channels: [custom], reconciliation }
    const first = await org.started(options)
    org.publish(5)
    await org.everythingArrived()
    await first.stop()
    org.publish(100)
    org.publish(50, reports)
    await org.started(options)
    await org.everythingArrived()
    const closings = async () => [...(await readClosings(org.store.read(reconcileScope('acme')))).values()]
    await until(async () => (await closings()).length > 0)
    const injected =
      (await total(org.metrics, 'injected')) + (await total(org.metrics, 'injected', 'ReportEventStream'))
    expect(injected).toBeGreaterThanOrEqual(130)
    expect(await closings()).toMatchObject([{ found: injected, injected }])
  })

  test('finds what the stream lost without a word, and puts each event into the log once', async () => {
    await using org = await watchOrg()
    await org.started(watched)
    org.publish(20)
    org.simulator.faults.inject({ kind: 'event-lost', channel: logins, times: 7 })
    // Of one time, so that no round ends between them.
    const EventDate = new Date().toISOString()
    org.publish(10, logins, { Status: 'Success', Username: 'dana@acme.example', EventDate })
    org.publish(10, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    await compared(org)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await identifiers(org, 'reconcile')).toEqual(['20', '21', '22', '23', '24', '25', '26'])
    const injected = (await org.records()).find((record) => identifierOf(record) === '20')
    expect(injected?.key).toBe(org.simulator.org.id)
    expect(injected?.headers).toEqual({ org: 'acme', origin: 'reconcile' })
    expect(JSON.parse(String(injected?.value))).toEqual({
      channel: logins,
      data: {
        payload: {
          EventIdentifier: '20',
          Status: 'Success',
          Username: 'dana@acme.example',
          EventDate: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
          CreatedDate: expect.stringMatching(/Z$/),
        },
      },
    })
    for (const name of ['found', 'injected', 'unexplained'] as const)
      expect(await total(org.metrics, name)).toBe(7)
    expect(await total(org.metrics, 'found', 'ReportEventStream')).toBe(0)
    expect(warnings(org, 'did not stream')[0]).toMatchObject({ events: 7, event: 'LoginEventStream' })
  })

  test.each([-1, 1])('finds it too when our clock is wrong by %i hours', async (hours) => {
    const clock = { ...systemClock, now: () => systemClock.now() + hours * hour }
    await using org = await watchOrg({ clock })
    await org.started({ ...watched, auth: secret })
    org.simulator.faults.inject({ kind: 'event-lost', times: 2 })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await identifiers(org, 'reconcile')).toEqual(['0', '1'])
  })

  test('waits for rows that can be queried late, and reads no page too few', async () => {
    await using org = await watchOrg({ simulator: { storage: { lag: 300, pageSize: 250 } } })
    await org.started(watched)
    const EventDate = new Date(Date.now() - 1).toISOString()
    org.simulator.faults.inject({ kind: 'event-lost', channel: reports, times: 900 })
    org.publish(700, reports, { EventDate })
    org.publish(400, reports)
    await org.everythingArrived()
    await compared(org)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await total(org.metrics, 'injected', 'ReportEventStream')).toBe(900)
  })

  test('goes on where it was after a restart: nothing twice, nothing left out', async () => {
    await using org = await watchOrg()
    const first = await org.started(watched)
    org.publish(30)
    org.simulator.faults.inject({ kind: 'event-lost', times: 3 })
    org.publish(3)
    await org.everythingArrived()
    await first.stop()
    org.simulator.faults.inject({ kind: 'event-lost', times: 4 })
    org.publish(8)
    await org.started(watched)
    await org.everythingArrived()
    await compared(org)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await identifiers(org, 'reconcile')).toEqual(['30', '31', '32', '33', '34', '35', '36'])
  })

  test('looks into a gap as soon as its events have settled, and says what became of it', async () => {
    await using org = await watchOrg({ simulator: { retention: { perChannel: 10 } } })
    const seldom = { reconciliation: { ...reconciliation, interval: 600_000 } }
    const first = await org.started(seldom)
    org.publish(5)
    await org.everythingArrived()
    await first.stop()
    org.publish(200)
    await org.started(seldom)
    await until(() => org.lines.some(({ msg }) => msg === 'a gap was closed from the storage object'))
    await org.everythingArrived()
    const closed = org.lines.find(({ msg }) => msg === 'a gap was closed from the storage object')
    const injected = await total(org.metrics, 'injected')
    expect(injected).toBeGreaterThanOrEqual(180)
    expect(closed).toMatchObject({ event: 'LoginEventStream', found: injected, injected })
    expect(await total(org.metrics, 'unexplained')).toBe(0)
  })

  test.each([
    [
      'permission',
      { hidden: ['LoginEvent'] },
      'LoginEvent cannot be read: INVALID_TYPE',
      'read access to LoginEvent',
    ],
    [
      'a switch',
      { storage: { isStored: (object: string) => object !== 'LoginEvent' } },
      'LoginEvent holds no event',
      'Enable Storage',
    ],
  ])('without %s it warns once with the remedy, and the rest goes on', async (_, simulator, text, remedy) => {
    await using org = await watchOrg({ simulator })
    await org.started(watched)
    org.publish(40)
    org.simulator.faults.inject({ kind: 'event-lost', channel: reports, times: 2 })
    org.publish(2, reports)
    await org.everythingArrived()
    await until(async () => (await rounds(org, 'partial')) >= 5)
    expect(warnings(org, text)).toHaveLength(1)
    expect(warnings(org, text)[0]?.remedy).toContain(remedy)
  })

  test('an object that cannot be compared does not stop the others', async () => {
    await using org = await watchOrg()
    await org.started(watched)
    const EventDate = new Date(Date.now() - 1).toISOString()
    for (let index = 0; index < 250; index++)
      org.publish(1, logins, { EventDate, EventIdentifier: `alike-${index}` })
    org.simulator.faults.inject({ kind: 'event-lost', channel: reports, times: 2 })
    org.publish(2, reports)
    await org.everythingArrived()
    await until(async () => (await rounds(org, 'partial')) >= 3)
    expect(await total(org.metrics, 'injected', 'ReportEventStream')).toBe(2)
    expect(warnings(org, 'LoginEvent cannot be read: too many LoginEvent rows')).toHaveLength(1)
  })

  test('the log loses nothing when it refuses for a while', async () => {
    let refuses = false
    await using org = await watchOrg({
      wrapLog: (log) => ({
        createTopics: (topics) => log.createTopics(topics),
        subscribe: (subscription) => log.subscribe(subscription),
        read: (...place) => log.read(...place),
        offsets: (topic) => log.offsets(topic),
        offsetsAt: (topic, time) => log.offsetsAt(topic, time),
        close: () => log.close(),
        append: async (topic, records) => {
          if (!refuses) return log.append(topic, records)
          refuses = false
          // Written, but nobody knows.
          await log.append(topic, records)
          throw new ForcewatchError('LOG_UNAVAILABLE', 'not now')
        },
      }),
    })
    await org.started(watched)
    org.simulator.faults.inject({ kind: 'event-lost', times: 5 })
    refuses = true
    org.publish(5)
    await until(async () => (await total(org.metrics, 'injected')) >= 5)
    await compared(org)
    expect(new Set(await identifiers(org, 'reconcile')).size).toBe(5)
  })

  test('of two replicas only the holder of the lease compares', async () => {
    await using org = await watchOrg()
    await org.started(watched)
    const standby = org.start(watched)
    await until(() => standby.status().phase === 'standby')
    org.simulator.faults.inject({ kind: 'event-lost', times: 5 })
    org.publish(5)
    await org.everythingArrived()
    await compared(org)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
  })

  test('costs a call for each kind of event and one for the limits', async () => {
    await using org = await watchOrg()
    await org.started(watched)
    org.publish(50)
    org.publish(50, reports)
    await org.everythingArrived()
    await compared(org, 5)
    const { values } = await org.metrics.api_requests_total.get()
    expect(values).toMatchObject([{ labels: { org: 'acme', purpose: 'reconciliation' } }])
    expect(values[0]!.value).toBeLessThanOrEqual(3 * ((await rounds(org)) + 1))
  })

  test('waits while the org has few API requests left, says so once, and catches up', async () => {
    const DailyApiRequests = { Max: 1000, Remaining: 150 }
    await using org = await watchOrg({ simulator: { setup: { limits: { DailyApiRequests } } } })
    await org.started(watched)
    org.simulator.faults.inject({ kind: 'event-lost', times: 5 })
    org.publish(5)
    await until(async () => (await rounds(org, 'paused')) >= 5)
    expect(await identifiers(org, 'reconcile')).toEqual([])
    expect(warnings(org, '150 of 1000 daily API requests left')).toHaveLength(1)
    DailyApiRequests.Remaining = 900
    await until(async () => (await total(org.metrics, 'injected')) >= 5)
    await org.everythingArrived()
  })
})

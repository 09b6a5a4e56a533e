import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { minute, second } from '../../../src/duration.ts'
import { defaultSetup } from '../../../src/simulator/server/org-setup.ts'
import { freePort } from '../../support/free-port.ts'
import { examineOrg, privateKey, troubles, username } from './examined-org.ts'

const channels = ['/event/LoginEventStream', '/event/FileEvent', '/event/ConcurLongRunApexErrEvent']

/** The machine's clock, `ahead` ms off. */
function shifted(ahead: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + ahead }
}

describe('doctor looks at an org', () => {
  test('that is as it should be, and says of each thing that it is', async () => {
    const findings = await examineOrg()
    expect(troubles(findings)).toEqual([])
    expect(findings.map(({ check, text }) => `${check}: ${text}`)).toEqual([
      expect.stringMatching(/^token: issued to user 005\w{15} of org 00D\w{15} \(JWT bearer\)$/),
      "clock: this machine's clock and the org's agree",
      'api version: API version 66.0 of 31.0 to 67.0',
      'identity: Simulated Org (Enterprise Edition, production, SIM1, Europe/Berlin)',
      'permissions: the integration user has the 6 permissions it needs',
      'objects: 16 of 16 event objects can be read',
      'switches: streaming is on for 16 of 16 events',
      'switches: storage is on for 16 of 16 events',
      'limits: 998,000 of 1,000,000 API requests a day are left',
      'limits: 1,998 of 2,000 streaming clients at a time are left',
    ])
  })

  test.each([
    ['user', { username: 'somebody@acme.example' }, 'has not approved the app', 'Permitted Users'],
    ['key', { clientId: 'another' }, 'the consumer key is not known', 'Consumer Key and Secret'],
  ])(
    'whose token endpoint refuses the %s, with the remedy, and skips what needs a token',
    async (_, auth, text, remedy) => {
      const flow = { flow: 'jwt', clientId: 'app', username, readSecret: () => privateKey } as const
      const findings = await examineOrg({}, { auth: { ...flow, ...auth } })
      expect(troubles(findings, 'token')).toMatchObject([
        { status: 'failed', text: expect.stringContaining(text), remedy: expect.stringContaining(remedy) },
      ])
      const skipped = findings.filter(({ status }) => status === 'skipped').map(({ check }) => check)
      expect(skipped).toEqual(['identity', 'permissions', 'objects', 'switches', 'limits'])
      // The clock and the version are looked at all the same.
      expect(findings.filter(({ status }) => status === 'ok').map(({ check }) => check)).toEqual([
        'clock',
        'api version',
      ])
    },
  )

  test('by client credentials, and says of a wrong secret that it is', async () => {
    const auth = { flow: 'client_credentials', clientId: 'app', readSecret: () => 'wrong' } as const
    expect(troubles(await examineOrg({}, { auth }), 'token')).toMatchObject([
      { status: 'failed', text: expect.stringContaining('the consumer secret is wrong') },
    ])
  })

  test('that nobody answers for', async () => {
    const loginUrl = `http://127.0.0.1:${await freePort()}`
    const findings = await examineOrg({}, { loginUrl })
    expect(
      troubles(findings)
        .filter(({ status }) => status === 'failed')
        .map(({ check }) => check),
    ).toEqual(['token', 'clock', 'api version'])
    expect(troubles(findings, 'clock')[0]).toMatchObject({ remedy: expect.stringContaining('login_url') })
  })

  test('whose clock differs, before it keeps anybody from logging in and after', async () => {
    const slightly = await examineOrg({}, {}, { clock: shifted(30 * second) })
    expect(troubles(slightly)).toMatchObject([
      {
        check: 'clock',
        status: 'warning',
        text: expect.stringMatching(/^this machine's clock is (29|30|31)s ahead of the org's$/),
        remedy: expect.stringContaining('NTP'),
      },
    ])
    const far = await examineOrg({}, {}, { clock: shifted(-10 * minute) })
    expect(troubles(far, 'clock')).toMatchObject([
      { status: 'failed', text: expect.stringMatching(/ (9m59s|10m|10m1s) behind /) },
    ])
    expect(troubles(far, 'token')).toMatchObject([
      { status: 'failed', remedy: expect.stringContaining('NTP') },
    ])
  })

  test('that does not speak the configured version', async () => {
    const findings = await examineOrg({}, { apiVersion: '68.0' })
    expect(troubles(findings, 'api version')).toMatchObject([
      { status: 'failed', remedy: 'Set api_version: "67.0".' },
    ])
    const old = await examineOrg({}, { apiVersion: '52.0' })
    expect(troubles(old, 'api version')).toMatchObject([{ status: 'warning' }])
  })

  test('whose user lacks permissions, and has some that it should not', async () => {
    const permissions = ['ApiEnabled', 'ViewAllUsers', 'ModifyAllData', 'CustomizeApplication']
    const found = troubles(await examineOrg({ setup: { permissions } }), 'permissions')
    expect(found.map(({ status, text }) => `${status}: ${text.split(':')[0]}`)).toEqual([
      'failed: the integration user lacks View Real-Time Event Monitoring Data',
      'warning: the integration user lacks View Setup and Configuration',
      'warning: the integration user lacks View Roles and Role Hierarchy',
      'warning: the integration user lacks View Event Log Files',
      'warning: the integration user has Modify All Data, which it does not need',
      'warning: the integration user has Customize Application, which it does not need',
    ])
    expect(found[0]?.remedy).toContain('permission set Forcewatch (salesforce/README.md)')
  })

  test('that has not even heard of a permission, as without Event Monitoring', async () => {
    const found = await examineOrg({ hidden: ['PermissionsViewDataLeakageEvents'] })
    expect(troubles(found)).toMatchObject([
      { check: 'permissions', status: 'failed', text: expect.stringContaining('Real-Time Event Monitoring') },
    ])
  })

  test('and puts up with Customize Application where LogoutEventStream needs it', async () => {
    const setup = { permissions: [...defaultSetup.permissions, 'CustomizeApplication'] }
    const found = await examineOrg({ setup }, { channels: ['/event/LogoutEventStream'] })
    expect(troubles(found)).toEqual([])
  })

  test('that streams and stores only some of the events', async () => {
    const switches = { LoginEventStream: false, LoginEvent: true, FileEvent: true, FileEventStore: false }
    const found = await examineOrg({ setup: { switches } }, { channels })
    expect(troubles(found, 'switches')).toMatchObject([
      {
        status: 'failed',
        text: expect.stringContaining('streaming is off'),
        items: ['LoginEventStream'],
        remedy: expect.stringContaining('Event Manager'),
      },
      {
        status: 'warning',
        items: ['ConcurLongRunApexErrEvent'],
        remedy: expect.stringContaining('channels'),
      },
      { status: 'warning', text: expect.stringContaining('storage is off'), items: ['FileEventStore'] },
    ])
  })

  describe('with custom channels', () => {
    const custom = '/event/Security__chn'
    const simulation = { customChannels: { [custom]: channels.slice(0, 2) } }

    test('whose members are looked at like other channels', async () => {
      const setup = {
        switches: { LoginEventStream: false, LoginEvent: true, FileEvent: true, FileEventStore: true },
      }
      const hidden = ['LoginEvent']
      const found = await examineOrg({ ...simulation, setup, hidden }, { channels: [custom] })
      expect(found).toContainEqual(
        expect.objectContaining({ check: 'custom channels', status: 'ok', text: `${custom} has 2 members` }),
      )
      expect(troubles(found)).toMatchObject([
        { check: 'objects', status: 'warning', items: ['LoginEvent'] },
        { check: 'switches', status: 'failed', items: ['LoginEventStream'] },
      ])
    })

    test('of which one is empty and another does not exist', async () => {
      const empty = '/event/Empty__chn'
      const found = await examineOrg(
        { customChannels: { [empty]: [] } },
        { channels: [empty, '/event/Gone__chn'] },
      )
      expect(troubles(found)).toMatchObject([
        {
          check: 'custom channels',
          status: 'failed',
          text: expect.stringContaining(`${empty} has no members`),
        },
        { check: 'custom channels', status: 'failed', items: ['/event/Gone__chn'] },
      ])
    })

    test('whose members cannot be read', async () => {
      const permissions = defaultSetup.permissions.filter((permission) => permission !== 'ViewSetup')
      const found = await examineOrg({ ...simulation, setup: { permissions } }, { channels: [custom] })
      expect(troubles(found, 'custom channels')).toMatchObject([
        {
          status: 'warning',
          items: [custom],
          remedy: expect.stringContaining('View Setup and Configuration'),
        },
      ])
    })
  })

  test('whose switches cannot be seen', async () => {
    const found = await examineOrg({ hidden: ['RealTimeEventSettings'] })
    expect(troubles(found)).toMatchObject([
      {
        check: 'switches',
        status: 'warning',
        text: expect.stringContaining('INVALID_TYPE'),
        remedy: expect.stringContaining('View Setup and Configuration'),
      },
    ])
  })

  test('whose user may not read some objects', async () => {
    const found = await examineOrg({ hidden: ['LoginEventStream', 'FileEventStore'] }, { channels })
    expect(troubles(found)).toMatchObject([
      {
        check: 'objects',
        status: 'failed',
        items: ['LoginEventStream'],
        remedy: expect.stringContaining('Permission Sets → Forcewatch'),
      },
      { check: 'objects', status: 'warning', items: ['FileEventStore'] },
    ])
  })

  test('whose allowances run out; deliveries count for custom events only', async () => {
    const limits = {
      DailyApiRequests: { Max: 100_000, Remaining: 9_999 },
      DurableStreamingApiConcurrentClients: { Max: 20, Remaining: 0 },
      DailyDeliveredPlatformEvents: { Max: 50_000, Remaining: 0 },
    }
    const found = await examineOrg({ setup: { limits } }, { channels })
    expect(troubles(found, 'limits').map(({ status, text }) => `${status}: ${text}`)).toEqual([
      'warning: 9,999 of 100,000 API requests a day are left',
      'failed: 0 of 20 streaming clients at a time are left',
    ])
    const custom = await examineOrg({ setup: { limits } }, { channels: ['/event/Order__e'] })
    expect(troubles(custom, 'limits')).toHaveLength(3)
  })

  test('that keeps us waiting for a token, no longer than the limit', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const found = await examineOrg({}, { loginUrl: `http://127.0.0.1:${port}` }, { limit: 300 })
    silent.close()
    expect(troubles(found, 'token')).toMatchObject([{ status: 'failed', text: 'no answer in 0.3 s' }])
    expect(troubles(found, 'limits')).toMatchObject([{ status: 'skipped' }])
  })
})

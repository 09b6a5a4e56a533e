import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../../../../src/detection/activity/decode.ts'
import { commonPayload, decodeActivity, orgId, toRecord } from '../event-record.ts'

describe('every kind of event becomes an activity', () => {
  it.each([
    ['LoginEventStream', { Status: 'Success' }, 'login'],
    ['LogoutEventStream', {}, 'logout'],
    ['LoginAsEventStream', {}, 'login-as'],
    ['ApiEventStream', { Operation: 'Query' }, 'api-query'],
    ['ApiEventStream', { Operation: 'QueryMore' }, 'api-query'],
    ['ApiEventStream', { Operation: 'DeleteHard' }, 'record-change'],
    ['BulkApiResultEvent', {}, 'bulk-download'],
    ['ReportEventStream', { Operation: 'ReportExported', ExportFileFormat: null }, 'report-export'],
    ['ReportEventStream', { Operation: 'ReportExportedUsingExcelConnector' }, 'report-export'],
    ['ReportEventStream', { Operation: 'ReportRunFromLightning' }, 'report-run'],
    ['ListViewEventStream', {}, 'list-view'],
    ['UriEventStream', { Operation: 'Read' }, 'record-view'],
    ['LightningUriEventStream', { Operation: 'Update' }, 'record-change'],
    ['FileEvent', { FileAction: 'API_DOWNLOAD' }, 'file-download'],
    ['FileEvent', { FileAction: 'UPLOAD' }, 'file-upload'],
    ['FileEvent', { FileAction: 'PREVIEW' }, 'record-view'],
    ['PermissionSetEvent', {}, 'permission-change'],
    ['ApiAnomalyEvent', {}, 'anomaly'],
    ['ReportAnomalyEvent', {}, 'anomaly'],
    ['CredentialStuffingEvent', {}, 'anomaly'],
    ['SessionHijackingEvent', {}, 'anomaly'],
    ['GuestUserAnomalyEvent', {}, 'anomaly'],
    ['LoginAnomalyEvent', {}, 'anomaly'],
    ['ConcurLongRunApexErrEvent', {}, 'custom'],
    ['MobileEmailEvent', {}, 'custom'],
    ['Order_Shipped__e', {}, 'custom'],
    ['SomethingSalesforceAddsLater', {}, 'custom'],
  ])('%s %j is %s', (type, payload, action) => {
    expect(decodeActivity(type, payload)).toMatchObject({ type, action, user: '005xx000001X8UzAAK' })
  })

  it.each([
    ['LoginEvent', 'LoginEventStream', 'login'],
    ['ApiEvent', 'ApiEventStream', 'api-query'],
    ['BulkApiResultEventStore', 'BulkApiResultEvent', 'bulk-download'],
    ['FileEventStore', 'FileEvent', 'file-download'],
  ])('the storage object %s counts as the stream %s', (stored, type, action) => {
    expect(decodeActivity(stored)).toMatchObject({ type, action })
  })

  it('trusts EventApiName before the channel, since a custom channel carries many types', () => {
    const record = toRecord('Security__chn', commonPayload, { event: { EventApiName: 'LoginEventStream' } })
    expect(decodeEvent(record)).toMatchObject({ type: 'LoginEventStream', action: 'login' })
  })
})

describe('canonical fields', () => {
  it('carries org, origin and the raw payload with fields nobody knows', () => {
    const record = toRecord(
      'LoginEventStream',
      { ...commonPayload, Brand_New_Field: 7 },
      { origin: 'backfill' },
    )
    const activity = decodeEvent(record)
    expect(activity).toMatchObject({
      org: { id: orgId, name: 'acme' },
      backfill: true,
      session: 'vMASKIU6AxEr+Op5',
      login: 'o3vhFaSRBb0OzpCl',
      raw: { Brand_New_Field: 7 },
    })
  })

  it('lengthens a 15-character user id and knows that zeros mean nobody', () => {
    expect(decodeActivity('LoginEventStream', { UserId: '005D0000001KyqT' }).user).toBe('005D0000001KyqTIAS')
    expect(decodeActivity('LoginEventStream', { UserId: '000000000000000AAA' }).user).toBeNull()
  })

  it('names the administrator of a LoginAs as the actor, and the other user as the one it is about', () => {
    const activity = decodeActivity('LoginAsEventStream', { DelegatedUsername: 'Admin@acme.example' })
    expect(activity).toMatchObject({ actor: 'admin@acme.example', username: 'dana@acme.example' })
    expect(decodeActivity('ApiEventStream').actor).toBe('005xx000001X8UzAAK')
  })

  it.each([
    ['203.0.113.24', '203.0.113.24', '203.0.113.0/24'],
    ['2001:DB8:12:34::9', '2001:db8:12:34::9', '2001:db8:12::/48'],
    ['2001:db8::1', '2001:db8::1', '2001:db8::/48'],
    ['::ffff:198.51.100.7', '198.51.100.7', '198.51.100.0/24'],
    ['Salesforce.com IP', null, null],
    ['2001db8fffffffffffffffffffffffa', null, null],
    [null, null, null],
  ])('SourceIp %s gives address %s in network %s', (SourceIp, ip, network) => {
    expect(decodeActivity('LoginEventStream', { SourceIp })).toMatchObject({ ip, network })
  })

  it.each([
    [{ Application: 'Data Loader', Client: 'x' }, 'Data Loader'],
    [{ Application: 'N/A', Client: 'SfdcLoader/1' }, 'SfdcLoader'],
    [{ Application: 'N/A', Client: 'Unknown', UserAgent: 'python-requests/2.32 (x)' }, 'python-requests'],
    [{ Application: null, Client: '', UserAgent: 'Mozilla/5.0 (Macintosh)' }, null],
  ])('the app of %j is %s', (payload, app) => {
    expect(decodeActivity('ApiEventStream', payload).app).toBe(app)
  })

  it('takes bytes from downloads and uploads, not from previews', () => {
    expect(decodeActivity('FileEvent', { FileAction: 'UI_DOWNLOAD', ContentSize: '1024' }).bytes).toBe(1024)
    expect(decodeActivity('FileEvent', { FileAction: 'PREVIEW', ContentSize: 1024 }).bytes).toBe(0)
  })

  it('splits QueriedEntities, and reads the query where Salesforce left them empty', () => {
    expect(decodeActivity('ApiEventStream', { QueriedEntities: 'Account, Contact' }).objects).toEqual([
      'Account',
      'Contact',
    ])
    const query = { QueriedEntities: '', Query: 'SELECT Id FROM Lead LIMIT 10' }
    expect(decodeActivity('ApiEventStream', query)).toMatchObject({ objects: ['Lead'], probe: true })
  })

  it.each([
    ['UriEventStream', { OperationStatus: 'Failure' }, 'failure'],
    ['UriEventStream', { OperationStatus: 'Initiated' }, null],
    ['IdentityVerificationEvent', { Status: 'Succeeded' }, 'success'],
    ['IdentityVerificationEvent', { Status: 'FailedInvalidCode' }, 'failure'],
    ['IdentityVerificationEvent', { Status: 'InProgress' }, 'challenge'],
    ['ApiEventStream', {}, null],
    ['LoginEventStream', { Status: null }, null],
  ])('%s %j ended in %s', (type, payload, outcome) => {
    expect(decodeActivity(type, payload).outcome).toBe(outcome)
  })
})

describe('identity', () => {
  it('is the EventUuid, so that a replayed event is known again', () => {
    expect(decodeActivity('LoginEventStream').identity).toBe('59eb0000-0000-4000-8000-000000000001')
  })

  it('is made of type and EventIdentifier where there is no EventUuid, as of what was read from storage', () => {
    const activity = decodeEvent(toRecord('LoginEvent', commonPayload, { event: { replayId: '' } }))
    expect(activity).toMatchObject({
      identity: 'LoginEventStream/5b0d7a31-0000-4000-8000-000000000002',
      id: '5b0d7a31-0000-4000-8000-000000000002',
    })
  })

  it('is null where there is neither', () => {
    const { EventIdentifier: _, ...payload } = commonPayload
    expect(decodeEvent(toRecord('LoginEvent', payload, { event: {} }))).toMatchObject({
      identity: null,
      id: null,
    })
  })
})

describe('time', () => {
  it.each([
    ['2026-11-20T08:14:03.250Z', '2026-11-20T08:14:03.250Z'],
    ['2026-11-20T08:14:03Z', '2026-11-20T08:14:03.000Z'],
    ['2026-11-20T08:14:03.250+0000', '2026-11-20T08:14:03.250Z'],
    ['2026-11-20T10:14:03.250+02:00', '2026-11-20T08:14:03.250Z'],
    ['2026-11-20T08:14:03', '2026-11-20T08:14:03.000Z'],
    [1_795_162_443_250, '2026-11-20T08:14:03.250Z'],
  ])('EventDate %s is %s', (EventDate, expected) => {
    expect(new Date(decodeActivity('LoginEventStream', { EventDate }).time).toISOString()).toBe(expected)
  })

  it.each([[undefined], [null], ['soon'], ['2026-11-20']])(
    'EventDate %s falls back to CreatedDate',
    (EventDate) => {
      const { time } = decodeActivity('LoginAnomalyEvent', { EventDate })
      expect(new Date(time).toISOString()).toBe(commonPayload.CreatedDate)
    },
  )

  it('of a change event is its commit timestamp', () => {
    const payload = { ChangeEventHeader: { commitTimestamp: 1_795_162_443_000 }, Name: 'x' }
    expect(decodeEvent(toRecord('AccountChangeEvent', payload))).toMatchObject({ time: 1_795_162_443_000 })
  })
})

describe('a heartbeat', () => {
  it('is no activity, and says how far event time has come', () => {
    const value =
      '{"channel":"/forcewatch/heartbeat","data":{"payload":{"EventDate":"2026-11-20T08:14:03.000Z"}}}'
    const record = { key: orgId, value: Buffer.from(value), headers: { org: 'acme', origin: 'heartbeat' } }
    expect(decodeEvent(record)).toEqual({
      kind: 'heartbeat',
      org: { id: orgId, name: 'acme' },
      time: Date.parse('2026-11-20T08:14:03.000Z'),
    })
  })
})

describe('a record that cannot be read', () => {
  it.each([
    ['{"channel":', 'the value is not JSON'],
    ['[]', 'the value is not a JSON object'],
    ['{"channel":"/event/X"}', 'data is not an object (/event/X)'],
    ['{"channel":"/event/X","data":{"payload":null}}', 'data.payload is not an object (/event/X)'],
    ['{"data":{"payload":{}}}', 'neither channel nor data.event.EventApiName says what kind of event it is'],
    [
      '{"channel":"/event/X","data":{"payload":{}}}',
      'data.payload.EventDate is missing, and there is no CreatedDate (X)',
    ],
    [
      '{"channel":"/event/X","data":{"payload":{"EventDate":"soon"}}}',
      'data.payload.EventDate is no date: "soon", and there is no CreatedDate (X)',
    ],
  ])('%s says what is wrong', (value, message) => {
    const record = { key: orgId, value: Buffer.from(value), headers: {} }
    expect(() => decodeEvent(record)).toThrow(expect.objectContaining({ code: 'RECORD_MALFORMED', message }))
  })
})

describe('an event whose time is wrong', () => {
  const happened = Date.parse(commonPayload.EventDate)
  const recordedAt = (timestamp: number) => {
    const decoded = decodeEvent({ ...toRecord('ApiEventStream', commonPayload), timestamp })
    if ('kind' in decoded) throw new Error('a heartbeat came out of an event')
    return decoded
  }

  it('happened when it was recorded, if it claims to be far ahead, and keeps everything else', () => {
    const decoded = recordedAt(happened - 10 * 365 * 86_400_000)
    expect(decoded.time).toBe(happened - 10 * 365 * 86_400_000)
    expect(decoded.identity).toBe('59eb0000-0000-4000-8000-000000000001')
    expect(decoded.username).toBe('dana@acme.example')
  })

  it('is taken at its word by minutes ahead, and where nobody knows when it was recorded', () => {
    expect(recordedAt(happened - 20 * 60_000).time).toBe(happened)
    expect(recordedAt(0).time).toBe(happened)
  })

  it('cannot move event time on by a heartbeat either', () => {
    const value = {
      channel: '/forcewatch/heartbeat',
      data: { payload: { EventDate: '2099-01-01T00:00:00.000Z' } },
    }
    const record = {
      ...toRecord('ApiEventStream', {}),
      value: Buffer.from(JSON.stringify(value)),
      timestamp: happened,
    }
    expect(decodeEvent(record)).toMatchObject({ kind: 'heartbeat', time: happened })
  })
})

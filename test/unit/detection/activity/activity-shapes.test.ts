import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { Logins } from '../../../../src/detection/enrichment/logins.ts'
import { decodeActivity } from '../event-record.ts'

/** Events with every field that Salesforce sends for them, unset ones null, as they come over the stream. */
const apiEvent = {
  Operation: 'Query',
  ApiType: 'REST',
  ApiVersion: 66.0,
  Application: 'N/A',
  Client: null,
  ConnectedAppId: null,
  ElapsedTime: 430,
  Platform: 'Unknown',
  QueriedEntities: 'Contact',
  Query: 'SELECT Id, Name FROM Contact',
  Records: '{"totalSize":2000,"done":false,"records":[]}',
  RequestIdentifier: 'TID:000012',
  RowsProcessed: 850_000.0,
  RowsReturned: 2000.0,
  UserAgent: 'python-requests/2.32',
  LoginHistoryId: '0Yaxx00000ABCDEAA4',
  AdditionalInfo: '{}',
  PolicyId: null,
  PolicyOutcome: null,
  EvaluationTime: 0,
  RelatedEventIdentifier: null,
}
const bulkEvent = {
  ...apiEvent,
  ApiType: 'Bulk',
  Client: '',
  UserAgent: '',
  LoginHistoryId: '',
  Records: null,
  RowsProcessed: 1_200_000.0,
  RowsReturned: null,
}
const reportEvent = {
  Operation: 'ReportExported',
  EventSource: 'Lightning',
  ExportFileFormat: null,
  Format: 'Tabular',
  ReportId: '00Oxx000002abcDEAQ',
  Name: 'All contacts',
  RowsProcessed: 20_680.0,
  NumberOfColumns: 12,
  ColumnHeaders: '[Contact.Name, Contact.Email]',
  QueriedEntities: 'Contact',
  Scope: 'organization',
  IsScheduled: false,
  ExecutionIdentifier: '8f831c68-0000-4000-8000-000000000001',
  Records: '{"totalSize":20680,"rows":[{"datacells":["003xx"]}]}',
  DashboardId: null,
}
const loginEvent = {
  Status: 'Success',
  LoginType: 'Remote Access 2.0',
  LoginSubType: 'OauthRefreshToken',
  Application: 'Chat Assistant',
  Browser: 'Unknown',
  Platform: 'Unknown',
  ApiType: 'N/A',
  ApiVersion: 'N/A',
  CountryIso: 'DE',
  SessionKey: null,
  UserType: 'Standard',
}

function rowsOf(activities: readonly Activity[]): number {
  return activities.reduce((sum, { rows }) => sum + rows, 0)
}

describe('records that leave are counted once', () => {
  it('over a query and its QueryMore series', () => {
    const pages = Array.from({ length: 425 }, (_, page) =>
      decodeActivity('ApiEventStream', { ...apiEvent, Operation: page === 0 ? 'Query' : 'QueryMore' }),
    )
    expect(rowsOf(pages)).toBe(850_000)
  })

  it('over the chunks of a report or list view, in any order', () => {
    for (const type of ['ReportEventStream', 'ListViewEventStream']) {
      const chunks = [7, 2, 1, 12, 3].map((Sequence) => decodeActivity(type, { ...reportEvent, Sequence }))
      expect(rowsOf(chunks)).toBe(20_680)
    }
  })

  it('over a Bulk job, the downloads of its parts, and what a policy blocked', () => {
    const job = [
      decodeActivity('ApiEventStream', bulkEvent),
      ...[1, 2, 3].map(() => decodeActivity('BulkApiResultEvent', { Query: apiEvent.Query })),
      decodeActivity('ApiEventStream', { ...bulkEvent, PolicyOutcome: 'Block' }),
      decodeActivity('ReportEventStream', { ...reportEvent, Sequence: 0, PolicyOutcome: 'Block' }),
    ]
    expect(rowsOf(job)).toBe(1_200_000)
    expect(job.map(({ api }) => api)).toEqual(['bulk', 'bulk', 'bulk', 'bulk', 'bulk', null])
  })

  it('and not at all by COUNT(), which is a probe', () => {
    const Query = 'select count() from Contact where CreatedDate = TODAY'
    const count = { ...apiEvent, Query, QueriedEntities: 'Contact', RowsProcessed: 840_000, RowsReturned: 0 }
    expect(decodeActivity('ApiEventStream', count)).toMatchObject({ rows: 0, probe: true })
    const small = { ...apiEvent, Query: 'SELECT FIELDS(ALL) FROM Case LIMIT 200' }
    expect(decodeActivity('ApiEventStream', small).probe).toBe(true)
    const lookUp = "SELECT Id FROM Case WHERE CaseNumber = '00001026' LIMIT 1"
    expect(decodeActivity('ApiEventStream', { ...small, Query: lookUp }).probe).toBe(false)
    expect(decodeActivity('ApiEventStream', { ...small, Query: 'SELECT Id FROM Case LIMIT 501' }).probe).toBe(
      false,
    )
  })
})

describe('who, where and with what', () => {
  it('a Bulk event with everything blank still has its user, its query and its kind of API', () => {
    expect(decodeActivity('ApiEventStream', bulkEvent)).toMatchObject({
      action: 'api-query',
      user: '005xx000001X8UzAAK',
      app: null,
      client: null,
      api: 'bulk',
      objects: ['Contact'],
      query: 'select id,name from contact',
    })
  })

  it('a download of a Bulk result reads its objects from its query', () => {
    const activity = decodeActivity('BulkApiResultEvent', {
      Query: 'SELECT Id FROM Account WHERE Name != null',
    })
    expect(activity).toMatchObject({ action: 'bulk-download', objects: ['Account'], rows: 0 })
  })

  it('a report that a dashboard refreshes has neither session nor address', () => {
    const nobody = { SessionKey: null, LoginKey: null, SourceIp: null, SessionLevel: null }
    const activity = decodeActivity('ReportEventStream', { ...reportEvent, ...nobody, Sequence: 1 })
    expect(activity).toMatchObject({ session: null, login: null, ip: null, network: null, rows: 20_680 })
  })

  it('an export is one by its Operation, though ExportFileFormat is null', () => {
    for (const Operation of [
      'ReportExported',
      'ReportExportedAsynchronously',
      'ReportExportedUsingExcelConnector',
    ])
      expect(decodeActivity('ReportEventStream', { ...reportEvent, Operation }).action).toBe('report-export')
    for (const Operation of ['ReportRunFromLightning', 'ReportPreviewed', 'ProbeQuery', 'ReportScheduled'])
      expect(decodeActivity('ReportEventStream', { ...reportEvent, Operation }).action).toBe('report-run')
  })

  it('a login as somebody else is about the target, at the place of the administrator', () => {
    const activity = decodeActivity('LoginAsEventStream', {
      DelegatedUsername: 'Admin@Acme.example',
      DelegatedOrganizationId: '00Dxx0000001gPzEAI',
      LoginAsCategory: 'OrgAdmin',
      SessionKey: null,
      UserId: '005xx000001X8Uz',
    })
    expect(activity).toMatchObject({
      action: 'login-as',
      user: '005xx000001X8UzAAK',
      username: 'dana@acme.example',
      actor: 'admin@acme.example',
      network: '203.0.113.0/24',
    })
  })

  it('a challenge and a failure are no successful login, whatever the spelling', () => {
    const outcomeOf = (Status: string) =>
      decodeActivity('LoginEventStream', { ...loginEvent, Status }).outcome
    expect(['Success', 'SUCCESS'].map(outcomeOf)).toEqual(['success', 'success'])
    expect(outcomeOf('Failed: Computer activation required')).toBe('challenge')
    expect(['Invalid Password', 'invalid password', 'A new text'].map(outcomeOf)).toEqual(
      Array(3).fill('failure'),
    )
  })
})

describe('the application of a session', () => {
  function refined(...events: readonly [type: string, payload: Record<string, unknown>][]): Activity[] {
    const apps = new Logins()
    return events.map(([type, payload]) => {
      const activity = decodeActivity(type, payload)
      apps.note(activity)
      return activity
    })
  }

  it('is that of the login that owns its LoginKey, though ConnectedAppId is null and Bulk leaves all blank', () => {
    const [, query, bulk, download] = refined(
      ['LoginEventStream', loginEvent],
      ['ApiEventStream', apiEvent],
      ['ApiEventStream', bulkEvent],
      ['BulkApiResultEvent', { Query: apiEvent.Query }],
    )
    expect([query?.app, bulk?.app, download?.app]).toEqual(Array(3).fill('Chat Assistant'))
  })

  it('is what the first activity names where no login came', () => {
    const [before, , after, other] = refined(
      ['ApiEventStream', apiEvent],
      ['ApiEventStream', { ...apiEvent, Application: 'Chat Assistant' }],
      ['ApiEventStream', apiEvent],
      ['ApiEventStream', { ...apiEvent, LoginKey: 'anotherLogin0001' }],
    )
    expect(before?.app).toBe('python-requests')
    expect(after?.app).toBe('Chat Assistant')
    expect(other?.app).toBe('python-requests')
  })

  it('is a client without its version', () => {
    const versions = ['DataLoader/60.0.1', 'DataLoader/61.0.0'].map((Client) =>
      decodeActivity('ApiEventStream', { ...apiEvent, Client }),
    )
    expect(versions.map(({ app }) => app)).toEqual(['DataLoader', 'DataLoader'])
  })
})

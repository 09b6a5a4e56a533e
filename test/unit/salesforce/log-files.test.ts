import { describe, expect, test } from 'vitest'
import { day, hour } from '../../../src/duration.ts'
import { toLogFileEvent } from '../../../src/salesforce/backfill/log-file-events.ts'
import { chooseFiles, type LogFile } from '../../../src/salesforce/backfill/log-files.ts'

const monday = Date.UTC(2026, 10, 16)
const file = (name: string, given: Partial<LogFile> = {}): LogFile => ({
  path: name,
  eventType: 'Login',
  interval: 'Hourly',
  from: monday,
  sequence: 1,
  created: 0,
  ...given,
})
const names = (files: readonly LogFile[]) => chooseFiles(files).map(({ path }) => path)

describe('which log files are read', () => {
  test("a day's own file instead of its hours; of other days every part of every hour", () => {
    const files = [
      file('hour', { from: monday + hour }),
      file('part 2', { from: monday + day, sequence: 2 }),
      file('part 1', { from: monday + day }),
      file('day', { interval: 'Daily', sequence: 0 }),
      file('other kind', { eventType: 'Report', from: monday + 2 * hour }),
    ]
    expect(names(files)).toEqual(['day', 'other kind', 'part 1', 'part 2'])
  })

  test('of a file that was replaced the newest, also under a new Sequence', () => {
    const daily = { interval: 'Daily' } as const
    expect(
      names([file('b', { ...daily, sequence: 2, created: 2 }), file('a', { ...daily, created: 1 })]),
    ).toEqual(['b'])
    expect(names([file('a', { created: 1 }), file('b', { created: 2 })])).toEqual(['b'])
  })
})

const common = {
  TIMESTAMP_DERIVED: '2026-11-16T08:00:00.123Z',
  USER_ID_DERIVED: '005xx000001X8UzAAK',
  LOGIN_KEY: 'o3vhFaSRBb0OzpCl',
  SESSION_KEY: '',
}

describe('a row of a log file becomes the event of a stream', () => {
  test.each([
    [
      'Login',
      {
        LOGIN_STATUS: 'LOGIN_NO_ERROR',
        LOGIN_TYPE: 'i',
        SOURCE_IP: '198.51.100.1',
        USER_NAME: 'a@b.example',
        TLS_PROTOCOL: 'TLSv1.2',
      },
      'LoginEventStream',
      {
        Status: 'Success',
        LoginType: 'Remote Access 2.0',
        SourceIp: '198.51.100.1',
        Username: 'a@b.example',
        TlsProtocol: 'TLS 1.2',
      },
    ],
    ['Login', { LOGIN_STATUS: 'INVALID_PASSWORD' }, 'LoginEventStream', { Status: 'Invalid password' }],
    ['Login', { LOGIN_STATUS: 'LOGIN_NEW_THING' }, 'LoginEventStream', { Status: 'Failed: LOGIN_NEW_THING' }],
    [
      'Report',
      {
        ORIGIN: 'ReportExported',
        ROW_COUNT: '20680',
        REPORT_ID_DERIVED: '00Oxx000002abcDEAQ',
        REQUEST_ID: '4X',
      },
      'ReportEventStream',
      {
        Operation: 'ReportExported',
        RowsProcessed: 20680,
        ReportId: '00Oxx000002abcDEAQ',
        ExecutionIdentifier: '4X',
        Sequence: 1,
      },
    ],
    [
      'API',
      {
        METHOD_NAME: 'query_all',
        API_TYPE: 'P',
        ROWS_PROCESSED: '100000',
        ENTITY_NAME: 'Account',
        CLIENT_NAME: 'etl/1',
      },
      'ApiEventStream',
      {
        Operation: 'QueryAll',
        ApiType: 'SOAP Partner',
        RowsReturned: 100000,
        QueriedEntities: 'Account',
        Client: 'etl/1',
      },
    ],
    [
      'RestApi',
      {
        METHOD: 'GET',
        URI: '/services/data/v66.0/query',
        ROWS_PROCESSED: '27',
        ENTITY_NAME: 'Lead',
        CONNECTED_APP_ID: '0H4',
      },
      'ApiEventStream',
      {
        Operation: 'Query',
        ApiType: 'REST',
        RowsProcessed: 27,
        QueriedEntities: 'Lead',
        ConnectedAppId: '0H4',
      },
    ],
    [
      'ContentTransfer',
      { TRANSACTION_TYPE: 'VersionDownloadApi', SIZE_BYTES: '5000', DOCUMENT_ID_DERIVED: '069x' },
      'FileEvent',
      { FileAction: 'API_DOWNLOAD', ContentSize: 5000, DocumentId: '069x' },
    ],
  ])('%s: %o', (eventType, cells, type, fields) => {
    const event = toLogFileEvent(eventType, { ...common, ...cells })
    expect(event).toMatchObject({ type, time: Date.parse(common.TIMESTAMP_DERIVED) })
    expect(event?.payload).toMatchObject({ ...fields, UserId: common.USER_ID_DERIVED, SessionKey: null })
  })

  test.each([
    ['API', { METHOD_NAME: 'insert', ROWS_PROCESSED: '36' }],
    ['RestApi', { METHOD: 'PATCH', ROWS_PROCESSED: '1' }],
    ['RestApi', { METHOD: 'GET', ROWS_PROCESSED: '' }],
    ['Login', { TIMESTAMP_DERIVED: '' }],
    ['ApexCallout', {}],
  ])('%s %o becomes none', (eventType, cells) => {
    expect(toLogFileEvent(eventType, { ...common, ...cells })).toBeUndefined()
  })

  test('the same row has the same identifier in whatever order its columns come, another row another', () => {
    const identifier = (row: Record<string, string>) => toLogFileEvent('Login', row)?.payload.EventIdentifier
    const row = { ...common, LOGIN_STATUS: 'LOGIN_NO_ERROR' }
    const reversed = Object.fromEntries(Object.entries(row).reverse())
    expect(identifier(reversed)).toBe(identifier(row))
    expect(identifier({ ...row, REQUEST_ID: '1' })).not.toBe(identifier(row))
  })
})

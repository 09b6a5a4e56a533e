import { describe, expect, it } from 'vitest'
import { decodeActivity } from '../event-record.ts'

const query = 'SELECT Id, Name FROM Contact'

describe('rows of API events', () => {
  it.each([
    ['a query counts the batch it returned', { RowsReturned: 2000, RowsProcessed: 850_000 }, 2000],
    [
      'each QueryMore counts its own batch',
      { Operation: 'QueryMore', RowsReturned: 1999.0, RowsProcessed: 850_000 },
      1999,
    ],
    ['numbers may come as texts', { RowsReturned: '12', RowsProcessed: '12.0' }, 12],
    [
      'a Bulk query counts its total once',
      { ApiType: 'Bulk', RowsProcessed: 1_200_000, RowsReturned: 0 },
      1_200_000,
    ],
    [
      'later events of a Bulk query count nothing',
      { ApiType: 'Bulk', Operation: 'QueryMore', RowsProcessed: 9 },
      0,
    ],
    [
      'COUNT() counts nothing',
      { Query: 'SELECT COUNT() FROM Contact', RowsProcessed: 90_000, RowsReturned: 1 },
      0,
    ],
    ['an unknown total of −1 counts nothing', { RowsProcessed: -1 }, 0],
    ['a blocked query counts nothing', { RowsReturned: 2000, PolicyOutcome: 'Block' }, 0],
    ['a deletion takes nothing away', { Operation: 'DeleteHard', RowsProcessed: 500 }, 0],
    [
      'without RowsReturned the listed records count',
      { Records: '{"records":[{"Id":"1"},{"Id":"2"}]}', RowsProcessed: 9 },
      2,
    ],
    ['listed records of a big object count too', { Records: '{"records":[{},{}]}', RowsProcessed: -1 }, 2],
    ['without records the first query counts the total', { Records: '{"records":', RowsProcessed: 300 }, 300],
    ['without records a QueryMore counts nothing', { Operation: 'QueryMore', RowsProcessed: 300 }, 0],
    ['without any number it counts nothing', {}, 0],
  ])('%s', (_, payload, rows) => {
    expect(
      decodeActivity('ApiEventStream', { Operation: 'Query', Query: query, ApiType: 'REST', ...payload })
        .rows,
    ).toBe(rows)
  })
})

describe('rows of reports and list views', () => {
  it.each([
    ['ReportEventStream', 1, 20_680],
    ['ReportEventStream', 2, 0],
    ['ReportEventStream', 51, 0],
    ['ReportEventStream', 0, 0],
    ['ReportEventStream', null, 20_680],
    ['ListViewEventStream', 1, 20_680],
    ['ListViewEventStream', 4, 0],
  ])('%s with Sequence %s counts %i', (type, Sequence, rows) => {
    expect(decodeActivity(type, { Sequence, RowsProcessed: 20_680.0 }).rows).toBe(rows)
  })

  it('of a chunked export add up to its size, once', () => {
    const chunks = [3, 1, 2].map((Sequence) =>
      decodeActivity('ReportEventStream', { Sequence, RowsProcessed: 5000 }),
    )
    expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(5000)
  })

  it('are not counted again when a Bulk result is downloaded', () => {
    expect(decodeActivity('BulkApiResultEvent', { Query: query }).rows).toBe(0)
  })
})

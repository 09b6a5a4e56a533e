import { describe, expect, test } from 'vitest'
import { type QueriesSeen, repeatedShare } from '../../../../src/detection/firing/repeated-queries.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

type Asked = { readonly rows: number; readonly api?: string; readonly raw: Record<string, unknown> }

const contacts = 'SELECT Id FROM Contact'

/** The share of each of them that had come before. */
function sharesOf(asked: readonly Asked[]): number[] {
  const seen: QueriesSeen = {}
  return asked.map((one) => repeatedShare(seen, makeActivity({ time: monday, api: 'rest', ...one })))
}

const page = (rows: number, operation: string, all: number | null, query = contacts): Asked => ({
  rows,
  raw: { Query: query, Operation: operation, RowsProcessed: all },
})

describe('what a query brings again', () => {
  test('is all that the same text had brought before', () => {
    expect(sharesOf([page(500, 'Query', 500), page(500, 'Query', 500), page(500, 'Query', null)])).toEqual([
      0, 1, 1,
    ])
  })

  test('is not what another value, or an offset, brings', () => {
    const texts = [
      contacts,
      `${contacts} WHERE Id > '003'`,
      `${contacts} OFFSET 500`,
      `${contacts} OFFSET 1000`,
    ]
    expect(sharesOf(texts.map((text) => page(500, 'Query', 500, text)))).toEqual([0, 0, 0, 0])
  })

  test('is not what its further pages bring, but what they bring when it is asked again', () => {
    const once = [page(2000, 'Query', 5000), page(2000, 'QueryMore', 5000), page(1000, 'QueryMore', 5000)]
    expect(sharesOf([...once, ...once])).toEqual([0, 0, 0, 1, 1, 1])
  })

  test('is not what further pages bring that do not tell the total', () => {
    expect(
      sharesOf([page(2000, 'Query', null), page(2000, 'QueryMore', null), page(9, 'QueryMore', -1)]),
    ).toEqual([0, 0, 0])
  })

  test('is not what has been added since', () => {
    expect(sharesOf([page(100, 'Query', 100), page(125, 'Query', 125), page(80, 'Query', 80)])).toEqual([
      0, 0.8, 1,
    ])
  })

  test('is not told of Bulk, whose parts have one text, nor of reports', () => {
    const part = { ...page(500, 'Query', 500), api: 'bulk' }
    expect(sharesOf([part, part, { rows: 500, raw: {} }, { rows: 500, raw: {} }])).toEqual([0, 0, 0, 0])
  })

  test('is not told of a query that comes after many others', () => {
    const many = Array.from({ length: 40 }, (_, n) => page(5, 'Query', 5, `${contacts} OFFSET ${n}`))
    expect(sharesOf([...many, many.at(-1) as Asked, many[0] as Asked]).slice(-2)).toEqual([0, 1])
  })
})

import { memoizeByText } from './bounded-cache.ts'

export type QueryShape = {
  /** The query without its literals, ids, numbers and limits, in lower case, with single blanks: equal for equal code. */
  readonly template: string
  /** Objects that are read: of the outer FROM and of semi-joins (`IN (SELECT … FROM X)`), as they are written. */
  readonly objects: readonly string[]
  /** The answer is one number: `SELECT COUNT() …` or a COUNT over one field without grouping. */
  readonly counts: boolean
  /** The outer LIMIT, or null. */
  readonly limit: number | null
  /** It looks for records by an id, a name, an address or a number, or by a part of one. */
  readonly looksUp: boolean
}

/** What a SOQL text asks for. It need not be valid: whatever cannot be found stays empty. */
export const toQueryShape: (query: string) => QueryShape = memoizeByText(parseShape, 4000)

const literal =
  /'(?:[^'\\]|\\.)*'?|\b\d{4}-\d\d-\d\d(?:t[\d:.]+(?:z|[+-]\d\d:?\d\d)?)?|:\s*\d+|(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/gi

function parseShape(query: string): QueryShape {
  const bare = query.replace(literal, (text) => (text.startsWith(':') ? ':?' : '?'))
  return { ...toCode(bare), limit: findLimit(query), looksUp: lookUp.test(query.replace(/\s+/g, ' ')) }
}

/** What a query asks for but for its literals: the same code sends it with ever new ones. */
const toCode: (bare: string) => Pick<QueryShape, 'template' | 'objects' | 'counts'> = memoizeByText(
  (text) => {
    const bare = text.replace(/\s+/g, ' ').trim()
    const template = bare
      .toLowerCase()
      .replace(/ ?([(),=<>!]) ?/g, '$1')
      .replace(/\)(?=\w)/g, ') ')
      .replace(/\?(?:,\?)+/g, '?')
      .replace(/(?<![\w.])([\w.]+(?:[=<>!]{1,2}| like )\?)(?: or \1)+/g, '$1')
    return { template, objects: findObjects(bare), counts: isCount(bare) }
  },
  4000,
)

/** A field that tells one record from the others is held against a value, or any field against two characters and more. */
const lookUp =
  /\b\w*(?:id|name|email|phone|number)(?:__c)? ?(?:=|\bin\b) ?\(? ?['":]|\blike ?'[^']*\w[^']*\w/i

function isCount(query: string): boolean {
  if (/^select count ?\( ?\)/i.test(query)) return true
  return (
    /^select count(?:_distinct)? ?\( ?\w+ ?\)(?: \w+)? from /i.test(query) && !/\bgroup by\b/i.test(query)
  )
}

/** Parentheses around SELECT nest; a FROM counts when it is the outer one, or when its SELECT follows `IN (`. */
function findObjects(query: string): string[] {
  const objects = new Set<string>()
  const open: boolean[] = []
  const token = /(\bin ?)?\( ?|\)|\bfrom (\w+)/gi
  for (const [text, semiJoin, object] of query.matchAll(token)) {
    if (object) {
      if (open.every(Boolean)) objects.add(object)
    } else if (text === ')') open.pop()
    else open.push(semiJoin !== undefined)
  }
  return [...objects]
}

/** The last LIMIT outside of parentheses. */
function findLimit(query: string): number | null {
  const tail = query.slice(query.lastIndexOf(')') + 1)
  const limit = [...tail.matchAll(/\blimit\s+(\d+)/gi)].at(-1)?.[1]
  return limit === undefined ? null : Number(limit)
}

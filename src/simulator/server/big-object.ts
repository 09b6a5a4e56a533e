import { isUnbounded } from './query.ts'
import { type RestAnswer, restError } from './rest-answer.ts'
import type { Condition, Soql } from './soql.ts'

const ranges: ReadonlySet<Condition['operator']> = new Set(['=', '<', '<=', '>', '>='])

/**
 * What a big object of Real-Time Event Monitoring answers to a query that it does not take; undefined when it takes it. Its index
 * is EventDate (newest first), EventIdentifier: only these can be filtered, in this order, the second only beside an exact first;
 * rows come in that order or unordered; nothing is counted or grouped.
 */
export function refuseBigObjectQuery(query: Soql): RestAnswer | undefined {
  const { fields, conditions, order, grouped } = query
  if (grouped || fields.some((name) => name.includes('(') && !/^FIELDS\(ALL\)$/i.test(name)))
    return unsupported('aggregate functions and GROUP BY are not supported on big objects')
  if (isUnbounded(query))
    return restError(400, 'MALFORMED_QUERY', 'The SOQL FIELDS function must have a LIMIT of at most 200')
  const [first, ...others] = order
  if (first && (first.field !== 'EventDate' || !first.descending || others.length > 0))
    return unsupported('big objects can be sorted by EventDate DESC only')
  return refuseFilter(conditions)
}

function refuseFilter(conditions: readonly Condition[]): RestAnswer | undefined {
  const foreign = conditions.find(({ field }) => field !== 'EventDate' && field !== 'EventIdentifier')
  if (foreign) return refused(`field '${foreign.field}' can not be filtered in a query call`)
  const odd = conditions.find(({ operator }) => !ranges.has(operator))
  if (odd) return refused(`operator ${odd.operator} is not supported on big objects`)
  const firstIdentifier = conditions.findIndex(({ field }) => field === 'EventIdentifier')
  if (firstIdentifier < 0) return undefined
  const dates = conditions.slice(0, firstIdentifier)
  const isExact = dates.length === 1 && dates[0]?.operator === '='
  const isOrdered = conditions.slice(firstIdentifier).every(({ field }) => field === 'EventIdentifier')
  return isExact && isOrdered
    ? undefined
    : refused('EventIdentifier can be filtered only after EventDate, and only beside one exact EventDate')
}

function refused(message: string): RestAnswer {
  return restError(400, 'INVALID_QUERY_FILTER_OPERATOR', message)
}

function unsupported(message: string): RestAnswer {
  return restError(400, 'BIG_OBJECT_UNSUPPORTED_OPERATION', message)
}

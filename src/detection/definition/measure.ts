import type { Activity } from '../activity/activity.ts'
import { toNumber, toText } from '../activity/payload.ts'
import type { Measure } from './detector.ts'
import { activityField } from './fields.ts'

/** What is counted in words: of one, and of more. Amounts of bytes bring their own unit: `503 MB of files`. */
const units: Readonly<Record<string, readonly [one: string, more: string]>> = {
  count: ['event', 'events'],
  ratio: ['hit', 'hits'],
  'sum(rows)': ['record', 'records'],
  'sum(bytes)': ['of files', 'of files'],
  'sum(deleted)': ['deleted record', 'deleted records'],
  'sum(risk)': ['risk point', 'risk points'],
  'distinct(user)': ['user', 'users'],
  'distinct(username)': ['user', 'users'],
  'distinct(ip)': ['address', 'addresses'],
  'distinct(network)': ['network', 'networks'],
  'distinct(app)': ['application', 'applications'],
  'distinct(objects)': ['object', 'objects'],
  'distinct(detector)': ['detector', 'detectors'],
}

/** The words of an expression, or of any that has none of its own. */
function unitsOf(expression: string, others: string): Pick<Measure, 'unit' | 'unitOfOne'> {
  const [unitOfOne, unit] = units[expression] ?? [others, others]
  return { unit, unitOfOne }
}

/** Fields that one measure may look at for something new. */
const maxNewFields = 8
/** Fields whose values name one thing each. What is not known to do so may be a kind, such as an action or a country. */
const shareable: ReadonlySet<string> = new Set(['network', 'app', 'client', 'query', 'objects'])

/** Understands `count`, `ratio`, `sum(field)`, `distinct(field)` and `new(field, …)`; answers what is wrong with any other text. */
export function parseMeasure(expression: string): Measure | string {
  const [, names] = /^new\(([\w., ]+)\)$/.exec(expression) ?? []
  if (names !== undefined) return parseNews(expression, names.split(/ *, */))
  if (expression === 'count' || expression === 'ratio') {
    return {
      expression,
      kind: expression,
      fields: [],
      amountOf: () => 1,
      valueOf: () => null,
      ...unitsOf(expression, 'events'),
    }
  }
  const [, kind, name = ''] = /^(sum|distinct)\(([\w.]+)\)$/.exec(expression) ?? []
  if (kind !== 'sum' && kind !== 'distinct')
    return 'must be count, sum(field), distinct(field), ratio or new(field, …)'
  const field = activityField(name)
  if ('unknown' in field) return field.unknown
  if (kind === 'sum') {
    const amountOf = (activity: Activity) => Math.max(toNumber(field.read(activity)) ?? 0, 0)
    return { expression, kind, fields: [], amountOf, valueOf: () => null, ...unitsOf(expression, name) }
  }
  return {
    expression,
    kind,
    fields: [],
    amountOf: () => 1,
    valueOf: (activity) => toText(field.read(activity)),
    ...unitsOf(expression, `different ${name}`),
  }
}

function parseNews(expression: string, names: readonly string[]): Measure | string {
  if (names.length > maxNewFields) return `names more than ${maxNewFields} fields`
  const fields: Measure['fields'][number][] = []
  for (const name of names) {
    const field = activityField(name)
    if ('unknown' in field) return field.unknown
    fields.push({ name, shareable: shareable.has(name), read: field.read })
  }
  const words = { unit: 'new values', unitOfOne: 'new value' }
  return { expression, kind: 'new', fields, amountOf: () => 1, valueOf: () => null, ...words }
}

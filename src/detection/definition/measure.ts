import type { Activity } from '../activity/activity.ts'
import { toNumber, toText } from '../activity/payload.ts'
import type { Measure } from './detector.ts'
import { activityField } from './fields.ts'

const units: Readonly<Record<string, string>> = {
  count: 'events',
  ratio: 'hits',
  'sum(rows)': 'records',
  'sum(bytes)': 'bytes',
  'sum(deleted)': 'deleted records',
  'sum(risk)': 'risk points',
  'distinct(user)': 'users',
  'distinct(username)': 'users',
  'distinct(ip)': 'addresses',
  'distinct(network)': 'networks',
  'distinct(app)': 'applications',
  'distinct(objects)': 'objects',
  'distinct(detector)': 'detectors',
}

/** Fields that one measure may look at for something new. */
const maxNewFields = 8

/** Understands `count`, `ratio`, `sum(field)`, `distinct(field)` and `new(field, …)`; answers what is wrong with any other text. */
export function parseMeasure(expression: string): Measure | string {
  const [, names] = /^new\(([\w., ]+)\)$/.exec(expression) ?? []
  if (names !== undefined) return parseNews(expression, names.split(/ *, */))
  const unit = units[expression]
  if (expression === 'count' || expression === 'ratio') {
    return {
      expression,
      kind: expression,
      fields: [],
      amountOf: () => 1,
      valueOf: () => null,
      unit: unit ?? 'events',
    }
  }
  const [, kind, name = ''] = /^(sum|distinct)\(([\w.]+)\)$/.exec(expression) ?? []
  if (kind !== 'sum' && kind !== 'distinct')
    return 'must be count, sum(field), distinct(field), ratio or new(field, …)'
  const field = activityField(name)
  if ('unknown' in field) return field.unknown
  if (kind === 'sum') {
    const amountOf = (activity: Activity) => Math.max(toNumber(field.read(activity)) ?? 0, 0)
    return { expression, kind, fields: [], amountOf, valueOf: () => null, unit: unit ?? name }
  }
  return {
    expression,
    kind,
    fields: [],
    amountOf: () => 1,
    valueOf: (activity) => toText(field.read(activity)),
    unit: unit ?? `different ${name}`,
  }
}

function parseNews(expression: string, names: readonly string[]): Measure | string {
  if (names.length > maxNewFields) return `names more than ${maxNewFields} fields`
  const fields: Measure['fields'][number][] = []
  for (const name of names) {
    const field = activityField(name)
    if ('unknown' in field) return field.unknown
    fields.push({ name, read: field.read })
  }
  return { expression, kind: 'new', fields, amountOf: () => 1, valueOf: () => null, unit: 'new values' }
}

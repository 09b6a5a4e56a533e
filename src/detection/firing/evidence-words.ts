import type { Measure } from '../definition/detector.ts'
import { type Evidence, maxValues } from './evidence.ts'
import { formatAmount } from './format.ts'
import { nearlyAll } from './span.ts'

/** What an episode consists of, in words. */
export type EvidenceWords = Readonly<Record<'origin' | 'users' | 'networks' | 'apps' | 'objects', string>>

/** Evidence, and what of it is the amount observed: it begins only where an episode becomes remarkable. */
type Described = {
  readonly evidence: Pick<Evidence, 'tally' | 'total'>
  readonly measure: Measure
  readonly observed: number
}

const named = 3
/** Evidence of a smaller part tells nothing of the whole. */
const tellingFrom = 0.5

/** Each empty where no event tells, and where those that do are only a small part. */
export function describeEvidence(described: Described): EvidenceWords {
  const { evidence, observed } = described
  if (evidence.total < tellingFrom * observed) {
    const users = countedBy(described, 'user') === null ? '' : nameLargest(described, 'user')
    return { networks: '', apps: '', origin: '', users, objects: '' }
  }
  const networks = countValues(described, 'network', ['network', 'networks'])
  const apps = countValues(described, 'app', ['application', 'applications'])
  return {
    networks,
    apps,
    origin: [networks && `from ${networks}`, apps && `with ${apps}`].filter((part) => part !== '').join(' '),
    users: nameLargest(described, 'user'),
    objects: nameLargest(described, 'object'),
  }
}

/** `a, b and c` */
export function enumerate(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** `ann@acme.example, bob@acme.example, cem@acme.example and 4 more` */
function nameLargest(described: Described, field: string): string {
  const values = largestOf(described, field)
  const shown = values.slice(0, named)
  const count = countedBy(described, field) ?? values.length
  const more = Math.max(values.length, count) - shown.length
  if (more <= 0 || shown.length === 0) return enumerate(shown)
  return `${shown.join(', ')} and ${formatAmount(more)} ${values.length < maxValues ? 'more' : 'or more others'}`
}

/** `network 203.0.113.0/24`, `at least 3 networks (203.0.113.0/24, 198.51.100.0/24, …)` */
function countValues(described: Described, field: string, [one, many]: readonly [string, string]): string {
  const values = largestOf(described, field)
  const [first, second] = values
  if (first === undefined) return ''
  if (second === undefined) return first === 'unknown' ? `an unknown ${one}` : `${one} ${first}`
  const least = isWhole(described) && values.length < maxValues ? '' : 'at least '
  return `${least}${formatAmount(values.length)} ${many} (${first}, ${second}${values.length > 2 ? ', …' : ''})`
}

function isWhole(described: Described): boolean {
  const { evidence, measure, observed } = described
  if (measure.kind !== 'distinct') return evidence.total >= nearlyAll * observed
  const field = countedField(measure)
  return field !== null && largestOf(described, field).length >= observed
}

/** How many of them were counted, where that is what the detector counts. */
function countedBy({ measure, observed }: Described, field: string): number | null {
  return countedField(measure) === field ? observed : null
}

function countedField({ kind, expression }: Measure): string | null {
  if (kind !== 'distinct') return null
  return expression === 'distinct(objects)' ? 'object' : /\(user(name)?\)$/.test(expression) ? 'user' : null
}

function largestOf({ evidence: { tally } }: Described, field: string): readonly string[] {
  return Object.entries(tally[field] ?? {})
    .sort(([, a], [, b]) => b - a)
    .map(([value]) => value)
}

import { BlockList, isIP, isIPv6 } from 'node:net'
import { parseDuration } from '../../duration.ts'
import { toId18 } from '../../salesforce-id.ts'
import { chooseOne, nearestWord, type Path } from '../../yaml-source.ts'
import { toNumber } from '../activity/payload.ts'
import type { Field, FieldLookup } from './fields.ts'

/** A condition as it stands in a file: a map (all of it holds) or a list of maps (one of them holds). */
export type SelectionSource = SelectionMap | readonly SelectionMap[]
export type SelectionMap = { readonly [key: string]: unknown }

export type Predicate<T> = (subject: T) => boolean

export type SelectionProblem = {
  readonly path: Path
  readonly message: string
  readonly place: 'key' | 'value'
}

export const always = () => true
export const never = () => false

/**
 * Compiles a selection in Sigma's manner: `Field: value`, `Field|modifier: value`, a list of values for "one of", `not:`
 * for the opposite. Texts are compared without regard to case (except by `re`); null means that the field is absent.
 * @param known fields whose values are the same for all subjects: conditions on them are decided here. A selection that they
 *   decide as a whole is {@link always} or {@link never}.
 */
export function compileSelection<T>(
  source: SelectionSource,
  lookup: FieldLookup<T>,
  known: Readonly<Record<string, unknown>> = {},
):
  | { readonly kind: 'ok'; readonly matches: Predicate<T> }
  | { readonly kind: 'invalid'; readonly problems: readonly SelectionProblem[] } {
  const problems: SelectionProblem[] = []
  const matches = compileAny(source, [], { lookup, known, problems, conditions: new Map() })
  return problems.length === 0 ? { kind: 'ok', matches } : { kind: 'invalid', problems }
}

type Context<T> = {
  readonly lookup: FieldLookup<T>
  readonly known: Readonly<Record<string, unknown>>
  readonly problems: SelectionProblem[]
  /** Those compiled so far, by what they say: what says the same is the same function. */
  readonly conditions: Map<string, Predicate<T>>
}

function compileAny<T>(source: unknown, path: Path, context: Context<T>): Predicate<T> {
  if (!Array.isArray(source)) return all(compileMap(source, path, context))
  if (source.length === 0) complain(context, path, 'must not be empty')
  const maps = source.map((map, index) => compileMap(map, [...path, index], context))
  const shared = (maps[0] ?? []).filter((condition) => maps.every((map) => map.includes(condition)))
  const rests = maps.map((map) => all(map.filter((condition) => !shared.includes(condition))))
  return all([...shared, either(rests)])
}

/** The conditions of a map. */
function compileMap<T>(source: unknown, path: Path, context: Context<T>): readonly Predicate<T>[] {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    complain(context, path, 'must be a map of field: value')
    return [never]
  }
  const entries = Object.entries(source)
  if (entries.length === 0) complain(context, path, 'must not be empty')
  return entries.map(([key, value]) => compileCondition(key, value, [...path, key], context))
}

function compileCondition<T>(key: string, value: unknown, path: Path, context: Context<T>): Predicate<T> {
  const said = JSON.stringify([key, value])
  const known = context.conditions.get(said)
  if (known) return known
  const condition =
    key === 'not' ? not(compileAny(value, path, context)) : compileField(key, value, path, context)
  if (context.problems.length === 0) context.conditions.set(said, condition)
  return condition
}

function compileField<T>(key: string, value: unknown, path: Path, context: Context<T>): Predicate<T> {
  const [name = '', modifier = 'is', ...more] = key.split('|')
  const field = context.lookup(name)
  const compare = modifiers[modifier]
  if ('unknown' in field) complain(context, path, field.unknown, 'key')
  if (!compare) complain(context, path, unknownModifier(modifier), 'key')
  if (more.length > 0) complain(context, path, 'has more than one modifier — use one', 'key')
  if ('unknown' in field || !compare) return never
  const written = Array.isArray(value) ? value : [value]
  if (written.length === 0) complain(context, path, 'must not be empty')
  const formsOf = modifier === 'is' && field.id ? inBothForms : (operand: unknown) => [operand]
  const operands = written.flatMap(formsOf)
  const tests = written.flatMap((operand, index) => {
    const stray = modifier === 'is' ? strayValue(field, operand) : undefined
    return formsOf(operand).map((form) => {
      const test = stray ?? compare(toOperand(field, form))
      if (typeof test !== 'string') return test
      complain(context, Array.isArray(value) ? [...path, index] : path, test)
      return never
    })
  })
  const areTexts = modifier === 'is' && !field.duration && tests.length > 1 && operands.every(isText)
  const matches = areTexts ? equalsOneOf(operands as readonly string[]) : either(tests)
  if (name in context.known) return holds(matches, context.known[name]) ? always : never
  const { read } = field
  return (subject) => holds(matches, read(subject))
}

function isText(operand: unknown): operand is string {
  return typeof operand === 'string'
}

/** The same as {@link equals} for each of the operands, in one look-up where the case is right. */
function equalsOneOf(operands: readonly string[]): Predicate<unknown> {
  const exact = new Set<unknown>(operands)
  const wanted = new Set(operands.map((operand) => operand.toLowerCase()))
  const lengths = new Set(operands.map(({ length }) => length))
  return (value) => {
    if (exact.has(value)) return true
    if (typeof value === 'string') return lengths.has(value.length) && wanted.has(value.toLowerCase())
    return (typeof value === 'number' || typeof value === 'boolean') && wanted.has(String(value))
  }
}

/** Of a field with several values (`objects`), one must match; an empty one counts as absent. */
function holds(matches: Predicate<unknown>, value: unknown): boolean {
  if (typeof value !== 'object' || !Array.isArray(value)) return matches(value)
  return value.length === 0 ? matches(null) : value.some(matches)
}

/** A Salesforce id of 15 characters as well as it comes in events, with 18. */
function inBothForms(operand: unknown): readonly unknown[] {
  const id = typeof operand === 'string' && operand.length === 15 ? toId18(operand) : undefined
  return id === undefined ? [operand] : [operand, id]
}

/** What is wrong with a value that the field never has. */
function strayValue<T>({ values }: Field<T>, operand: unknown): string | undefined {
  if (!values || operand === null || values.includes(String(operand).toLowerCase())) return undefined
  return chooseOne(operand, values)
}

function toOperand<T>(field: Field<T>, operand: unknown): unknown {
  return field.duration && typeof operand === 'string' ? (parseDuration(operand) ?? operand) : operand
}

/** Makes the test for one operand, or says why the operand does not fit. */
type Modifier = (operand: unknown) => Predicate<unknown> | string

const modifiers: Readonly<Record<string, Modifier>> = {
  is: equals,
  contains: textual((text, operand) => text.includes(operand)),
  startswith: textual((text, operand) => text.startsWith(operand)),
  endswith: textual((text, operand) => text.endsWith(operand)),
  re: matchesPattern,
  cidr: liesInNetwork,
  gt: numeric((value, operand) => value > operand),
  gte: numeric((value, operand) => value >= operand),
  lt: numeric((value, operand) => value < operand),
  lte: numeric((value, operand) => value <= operand),
  exists,
}

function unknownModifier(modifier: string): string {
  const known = Object.keys(modifiers).filter((name) => name !== 'is')
  const meant = nearestWord(modifier, known)
  return `unknown modifier ${modifier} — ${meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`}`
}

function equals(operand: unknown): Predicate<unknown> | string {
  if (operand === null) return isAbsent
  if (typeof operand === 'number') return (value) => toNumber(value) === operand
  if (typeof operand === 'boolean') {
    return (value) =>
      value === operand || (typeof value === 'string' && value.toLowerCase() === String(operand))
  }
  if (typeof operand !== 'string') return 'must be a text, a number, true, false, null or a list of them'
  if (operand.includes('*')) {
    return '* is no wildcard — use |contains, |startswith or |endswith, or |re for a real asterisk'
  }
  const wanted = operand.toLowerCase()
  return (value) => {
    if (value === operand) return true
    if (typeof value === 'number' || typeof value === 'boolean') return String(value) === wanted
    return typeof value === 'string' && value.length === operand.length && value.toLowerCase() === wanted
  }
}

function textual(test: (text: string, operand: string) => boolean): Modifier {
  return (operand) => {
    if (typeof operand !== 'string' && typeof operand !== 'number') return 'must be a text'
    const wanted = String(operand).toLowerCase()
    return (value) => {
      if (typeof value !== 'string' && typeof value !== 'number') return false
      return test(String(value).toLowerCase(), wanted)
    }
  }
}

function numeric(test: (value: number, operand: number) => boolean): Modifier {
  return (operand) => {
    if (typeof operand !== 'number') return 'must be a number'
    return (value) => {
      const number = toNumber(value)
      return number !== null && test(number, operand)
    }
  }
}

function matchesPattern(operand: unknown): Predicate<unknown> | string {
  if (typeof operand !== 'string') return 'must be a regular expression'
  try {
    const pattern = new RegExp(operand)
    return (value) => typeof value === 'string' && pattern.test(value)
  } catch (error) {
    return `is no regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`
  }
}

function liesInNetwork(operand: unknown): Predicate<unknown> | string {
  const [address = '', prefix = ''] = typeof operand === 'string' ? operand.split('/') : []
  const version = isIP(address)
  const bits = Number(prefix)
  if (version === 0 || !/^\d+$/.test(prefix) || bits > (version === 4 ? 32 : 128)) {
    return 'must be a network such as 203.0.113.0/24 or 2001:db8::/32'
  }
  const network = new BlockList()
  network.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6')
  return (value) =>
    typeof value === 'string' && isIP(value) !== 0 && network.check(value, isIPv6(value) ? 'ipv6' : 'ipv4')
}

function exists(operand: unknown): Predicate<unknown> | string {
  if (typeof operand !== 'boolean') return 'must be true or false'
  return (value) => isAbsent(value) !== operand
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || value === ''
}

function complain<T>(
  context: Context<T>,
  path: Path,
  message: string,
  place: 'key' | 'value' = 'value',
): void {
  context.problems.push({ path, message, place })
}

function not<T>(matches: Predicate<T>): Predicate<T> {
  if (matches === always) return never
  return matches === never ? always : (subject) => !matches(subject)
}

function all<T>(predicates: readonly Predicate<T>[]): Predicate<T> {
  if (predicates.includes(never)) return never
  const [first = always, ...more] = predicates.filter((matches) => matches !== always)
  return more.reduce((one, other) => (subject) => one(subject) && other(subject), first)
}

function either<T>(predicates: readonly Predicate<T>[]): Predicate<T> {
  if (predicates.includes(always)) return always
  const [first = never, ...more] = predicates.filter((matches) => matches !== never)
  return more.reduce((one, other) => (subject) => one(subject) || other(subject), first)
}

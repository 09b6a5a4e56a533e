import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit, type YAMLError } from 'yaml'
import { z } from 'zod'

/** Something wrong in a file, with its place. `message` says what, and after a dash how to mend it. */
export type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The key it is about, such as `orgs[0].auth.flow`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** Keys and indexes from the top of a file down to a value. */
export type Path = readonly PropertyKey[]

/** A YAML file that knows where each of its values stands. */
export interface YamlSource {
  /** What is wrong with the YAML itself. While there is anything, the values mean nothing. */
  readonly problems: readonly Problem[]
  /** The whole file as plain values. */
  value(): unknown
  /** Replaces every string value; keys and comments stay. `replace` may report a problem through `complain`. */
  mapStrings(replace: (text: string, complain: (message: string) => void) => string): readonly Problem[]
  /**
   * A problem at the value of `path`, or at its key; where neither exists, at the nearest thing that does. `cause`: the path of what
   * it contradicts, for a source that is made of several files.
   */
  problemAt(path: Path, message: string, place?: 'key' | 'value', cause?: Path): Problem
}

/** Never throws: a text that is no YAML gives a source with problems. */
export function parseYamlSource(file: string, text: string): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })

  function problem(offset: number, path: Path, message: string): Problem {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path: formatPath(path), message }
  }

  function keyAt(path: Path): unknown {
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
    if (!isMap(parent)) return undefined
    return parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key
  }

  function offsetOf(path: Path, place: 'key' | 'value'): number {
    const value = path.length > 0 ? document.getIn(path, true) : document.contents
    const node = place === 'key' ? (keyAt(path) ?? value) : value
    if (isNode(node) && node.range) return node.range[0]
    return path.length === 0 ? 0 : offsetOf(path.slice(0, -1), 'key')
  }

  return {
    problems: [...withoutConsequences(document.errors), ...document.warnings].map((error) =>
      problem(error.pos[0], [], describeYamlError(error)),
    ),
    value: () => document.toJS(),
    mapStrings(replace) {
      const problems: Problem[] = []
      visit(document, {
        Scalar(key, node, ancestors) {
          if (key === 'key' || typeof node.value !== 'string') return
          const path = pathOf(ancestors as readonly Node[], node)
          node.value = replace(node.value, (message) => {
            problems.push(problem(node.range?.[0] ?? 0, path, message))
          })
        },
      })
      return problems
    },
    problemAt: (path, message, place = 'value') => problem(offsetOf(path, place), path, message),
  }
}

/**
 * Checks a source against a schema: the parsed value, or every problem at once. A custom issue with `params: { place:
 * 'key' }` is reported at the key of its path instead of at the value; `params: { cause }` is the path of what it contradicts.
 */
export function parseWith<S extends z.ZodType>(
  source: Pick<YamlSource, 'value' | 'problemAt'>,
  schema: S,
):
  | { readonly kind: 'ok'; readonly value: z.output<S> }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] } {
  const result = schema.safeParse(source.value() ?? {}, { error: describeIssue })
  if (result.success) return { kind: 'ok', value: result.data }
  return { kind: 'invalid', problems: result.error.issues.flatMap((issue) => toProblems(source, issue, [])) }
}

/** `file:line:column path: what — remedy` */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column} ${path ? `${path}: ` : ''}${message}`
}

/** By file and place, as a person reads. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
}

/** The known word that somebody most likely meant, or undefined when nothing is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const limit = Math.ceil(word.length * 0.4)
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

/** `orgs[0].auth` */
function formatPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

/** After the first token in a wrong place everything that follows is one too: only the first says what is wrong. */
function withoutConsequences(errors: readonly YAMLError[]): readonly YAMLError[] {
  const first = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN')
  return first < 0 ? errors : errors.slice(0, first + 1)
}

function describeYamlError({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS')
    return 'a second document begins here — give it a file of its own, and leave out the line ---'
  if (code !== 'UNEXPECTED_TOKEN') return message
  return `${message} — check the indentation, and put a text that holds any of { } [ ] , : # in quotes`
}

function pathOf(ancestors: readonly unknown[], node: Node): Path {
  const path: PropertyKey[] = []
  const chain = [...ancestors, node]
  chain.forEach((parent, index) => {
    const child = chain[index + 1]
    if (isNode(parent) && 'items' in parent && !isMap(parent)) path.push(parent.items.indexOf(child as never))
    else if (isPairLike(parent)) path.push(isScalar(parent.key) ? String(parent.key.value) : '?')
  })
  return path
}

function isPairLike(value: unknown): value is { key: unknown } {
  return typeof value === 'object' && value !== null && 'key' in value && !isNode(value)
}

type Issue = z.core.$ZodIssue

function toProblems(source: Pick<YamlSource, 'problemAt'>, issue: Issue, above: Path): Problem[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ')
    return issue.keys.map((key) =>
      source.problemAt([...path, key], `unknown key — ${advise(key, known)}`, 'key'),
    )
  }
  if (issue.code === 'invalid_union') {
    const branch = likeliestBranch(issue.errors)
    if (branch) return branch.flatMap((inner) => toProblems(source, inner, path))
  }
  const { place, cause }: { readonly place?: 'key'; readonly cause?: Path } =
    issue.code === 'custom' ? (issue.params ?? {}) : {}
  return [source.problemAt(path, issue.message, place ?? 'value', cause)]
}

/** The alternative whose type fits, so that its own complaints are the useful ones; none when only types differ. */
function likeliestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) =>
    issues.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  )
}

/** The text of an issue. For unknown keys: the known ones, separated by blanks, for {@link toProblems}. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(' ') : ''
    case 'invalid_type':
      if (issue.input === undefined || issue.input === null) return missing(issue)
      return `must be ${article(issue.expected)}, not ${article(typeName(issue.input))}`
    case 'invalid_value':
      if (issue.input === undefined || issue.input === null) return missing(issue)
      return chooseOne(issue.input, issue.values.map(String))
    case 'invalid_union':
      return issue.discriminator === undefined ? 'has a form that is not allowed here' : describeChoice(issue)
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`
    case 'too_big':
      return `must be at most ${issue.maximum}`
    default:
      return undefined
  }
}

/** A map whose form depends on one of its keys, such as `flow`, and that key is missing or unknown. */
function describeChoice(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const key = issue.discriminator ?? ''
  const input =
    typeof issue.input === 'object' && issue.input !== null ? Reflect.get(issue.input, key) : undefined
  const choice = chooseOne(input, Array.isArray(issue.options) ? issue.options.map(String) : [])
  return input === undefined ? `is missing — it ${choice}` : choice
}

function missing(issue: z.core.$ZodRawIssue): string {
  const description = issue.inst instanceof z.ZodType ? issue.inst.description : undefined
  return description ? `is missing — ${description}` : 'is missing'
}

/** `must be a, b or c — did you mean b?` */
export function chooseOne(input: unknown, values: readonly string[]): string {
  const meant = typeof input === 'string' ? nearestWord(input, values) : undefined
  return `must be ${oneOf(values)}${meant ? ` — did you mean ${meant}?` : ''}`
}

function advise(key: string, known: readonly string[]): string {
  const meant = nearestWord(key, known)
  return meant ? `did you mean ${meant}?` : `the keys here are ${known.join(', ')}`
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value
}

const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  record: 'a map',
}

function article(type: string): string {
  return typeWords[type] ?? type
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current[column] = Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

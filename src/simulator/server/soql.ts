/** One condition; all of a query's must hold. `values` has more than one only with `IN`. */
export type Condition = {
  readonly field: string
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'IN' | 'LIKE'
  readonly values: readonly string[]
  /** Whether the value stood in quotes: it is no number and no date then. */
  readonly isText: boolean
}

/** A query as the simulated org understands it. */
export type Soql = {
  /** Names, paths such as `Profile.Name`, and functions such as `COUNT()` or `FIELDS(ALL)`. */
  readonly fields: readonly string[]
  readonly table: string
  readonly conditions: readonly Condition[]
  readonly order: readonly { readonly field: string; readonly descending: boolean }[]
  readonly grouped: boolean
  readonly limit: number | undefined
  readonly offset: number
}

const token = /\s*(?:'((?:[^'\\]|\\.)*)'|([\w.:+-]+)|(<=|>=|!=|[=<>(),]))/y
const operators: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', 'IN', 'LIKE'])

/**
 * Reads `SELECT … FROM T [WHERE a AND b …] [GROUP BY …] [ORDER BY f [ASC|DESC], …] [LIMIT n]
 * [OFFSET n]`. Undefined for anything else:
 * no `OR`, no `NOT`, no nested query.
 */
export function parseSoql(text: string): Soql | undefined {
  const tokens = toTokens(text)
  return tokens && new Parser(tokens).parse()
}

type Token = { readonly text: string; readonly quoted: boolean }

function toTokens(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const source = text.trim()
  token.lastIndex = 0
  while (token.lastIndex < source.length) {
    const found = token.exec(source)
    if (!found) return undefined
    const [, quoted, word, sign] = found
    tokens.push({
      text: quoted?.replace(/\\(.)/g, '$1') ?? word ?? sign ?? '',
      quoted: quoted !== undefined,
    })
  }
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Soql | undefined {
    if (!this.#take('SELECT')) return undefined
    const fields = this.#list(() => this.#field())
    const table = this.#take('FROM') ? this.#word() : undefined
    const conditions = this.#take('WHERE') ? this.#list(() => this.#condition(), 'AND') : []
    const groups = this.#take('GROUP', 'BY') ? this.#list(() => this.#field()) : []
    const order = this.#take('ORDER', 'BY') ? this.#list(() => this.#ordered()) : []
    const limit = this.#take('LIMIT') ? Number(this.#word()) : undefined
    const offset = this.#take('OFFSET') ? Number(this.#word()) : 0
    const isWhole = this.#at === this.#tokens.length && !Number.isNaN(limit) && !Number.isNaN(offset)
    if (!fields || !table || !conditions || !groups || !order || !isWhole) return undefined
    return { fields, table, conditions, order, grouped: groups.length > 0, limit, offset }
  }

  #field(): string | undefined {
    const name = this.#word()
    if (name === undefined || !this.#take('(')) return name
    const argument = this.#peek()?.text === ')' ? '' : this.#word()
    return argument !== undefined && this.#take(')') ? `${name}(${argument})` : undefined
  }

  #condition(): Condition | undefined {
    const field = this.#word()
    const operator = this.#next()?.text.toUpperCase() ?? ''
    if (field === undefined || !isOperator(operator)) return undefined
    if (operator !== 'IN') {
      const isText = this.#peek()?.quoted === true
      const value = this.#value()
      return value === undefined ? undefined : { field, operator, values: [value], isText }
    }
    const values = this.#take('(') ? this.#list(() => this.#value()) : undefined
    return values && this.#take(')') ? { field, operator, values, isText: true } : undefined
  }

  #ordered(): Soql['order'][number] | undefined {
    const field = this.#word()
    const descending = this.#take('DESC')
    if (!descending) this.#take('ASC')
    return field === undefined ? undefined : { field, descending }
  }

  #value(): string | undefined {
    const next = this.#next()
    return next && (next.quoted || /^[\w.:+-]+$/.test(next.text)) ? next.text : undefined
  }

  /** One or more, separated by a comma or a word; undefined when one of them cannot be read. */
  #list<T>(one: () => T | undefined, separator = ','): readonly T[] | undefined {
    const items: T[] = []
    do {
      const item = one()
      if (item === undefined) return undefined
      items.push(item)
    } while (this.#take(separator))
    return items
  }

  #word(): string | undefined {
    const next = this.#next()
    return next && !next.quoted && /^[\w.]+$/.test(next.text) ? next.text : undefined
  }

  /** Goes past these words if they come next. */
  #take(...words: readonly string[]): boolean {
    const come = words.every((word, index) => {
      const next = this.#tokens[this.#at + index]
      return next && !next.quoted && next.text.toUpperCase() === word
    })
    if (come) this.#at += words.length
    return come
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++]
  }
}

function isOperator(text: string): text is Condition['operator'] {
  return operators.has(text)
}

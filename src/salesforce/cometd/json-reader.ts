const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

const scalar = /^(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const hexDigits = /^[\dA-Fa-f]{4}$/
/** What may follow a backslash, beside `u` and four digits. */
const escaped: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'))
const letterU = 0x75
const letterN = 0x6e
const letterL = 0x6c

type Name = { readonly text: string; readonly bytes: Buffer }

/** Names of members that are asked for; bit n of `lengths` tells that one has n bytes. */
export type Names = { readonly list: readonly Name[]; readonly lengths: number }

/** @param names of less than 32 bytes */
export function toNames(...names: readonly string[]): Names {
  const list = names.map((text) => ({ text, bytes: Buffer.from(text) }))
  return { list, lengths: list.reduce((bits, { bytes }) => bits | (1 << bytes.length), 0) }
}

/**
 * Reads JSON from its bytes, one value after the other, and makes nothing of those that nobody asks for. As strict as `JSON.parse`:
 * what is no JSON throws SyntaxError. The text of a value lies between what {@link JsonReader.at} is after `peek` and behind the value.
 */
export class JsonReader {
  readonly bytes: Buffer
  /** Place of the next byte to read. */
  at = 0
  /** How the containers around a value that is being passed over end, the innermost last. */
  readonly #ends: number[] = []
  #sawEscape = false

  constructor(bytes: Buffer) {
    this.bytes = bytes
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    if (hasMark) this.at = 3
  }

  /** The next byte that is no white space; undefined at the end. */
  peek(): number | undefined {
    let byte = this.bytes[this.at]
    while (byte !== undefined && byte <= 0x20 && isSpace(byte)) byte = this.bytes[++this.at]
    return byte
  }

  /** Reads a list. @param readItem has to read one value */
  list(readItem: () => void): void {
    this.#take(openBracket)
    if (this.#takeIf(closeBracket)) return
    do readItem()
    while (this.#takeIf(comma))
    this.#take(closeBracket)
  }

  /**
   * Reads an object, and answers how many members it passed over; passes over any other value.
   * @param readMember has to read the value of a member that is asked for
   */
  object(names: Names, readMember: (name: string) => void): number {
    let others = 0
    if (!this.#takeIf(openBrace)) {
      this.skip()
      return others
    }
    if (this.#takeIf(closeBrace)) return others
    do {
      this.peek()
      const from = this.at
      this.#skipString()
      const name = this.#find(names, from)
      this.#take(colon)
      if (name !== undefined) readMember(name)
      else {
        this.skip()
        others++
      }
    } while (this.#takeIf(comma))
    this.#take(closeBrace)
    return others
  }

  /** Reads a string; passes over any other value, and answers undefined. */
  string(): string | undefined {
    const isString = this.peek() === quote
    const from = this.at
    this.skip()
    return isString ? this.#stringFrom(from) : undefined
  }

  /** The text of a value. */
  text(): string {
    this.peek()
    const from = this.at
    this.skip()
    return this.bytes.toString('utf8', from, this.at)
  }

  /** Passes over a value, however deep it is. */
  skip(): void {
    while (this.#enter() || this.#goOn());
  }

  /** Makes sure that nothing follows. */
  end(): void {
    if (this.peek() !== undefined) this.#fail()
  }

  /** Goes to the first value in a container; passes over a value that holds none, and answers false. */
  #enter(): boolean {
    const byte = this.peek()
    if (byte === quote) return this.#skipString()
    if (byte !== openBrace && byte !== openBracket) return this.#skipScalar()
    const end = byte === openBrace ? closeBrace : closeBracket
    this.at++
    if (this.#takeIf(end)) return false
    this.#ends.push(end)
    if (end === closeBrace) this.#skipKey()
    return true
  }

  /** Leaves the containers that end here and goes to the next value in the one around them; false when all of them have ended. */
  #goOn(): boolean {
    for (;;) {
      const end = this.#ends.at(-1)
      if (end === undefined) return false
      if (this.#takeIf(comma)) {
        if (end === closeBrace) this.#skipKey()
        return true
      }
      this.#take(end)
      this.#ends.pop()
    }
  }

  #skipKey(): void {
    this.peek()
    this.#skipString()
    this.#take(colon)
  }

  #skipString(): false {
    const { bytes } = this
    let at = this.at
    this.#sawEscape = false
    if (bytes[at++] !== quote) this.#fail()
    for (let byte = bytes[at]; byte !== quote; byte = bytes[at]) {
      if (byte === undefined || byte < 0x20) this.#fail()
      if (byte === backslash) {
        this.#sawEscape = true
        at += this.#lengthOfEscape(at)
      } else at++
    }
    this.at = at + 1
    return false
  }

  #lengthOfEscape(at: number): number {
    const next = this.bytes[at + 1] ?? 0
    if (escaped.has(next)) return 2
    if (next !== letterU || !hexDigits.test(this.bytes.toString('latin1', at + 2, at + 6))) this.#fail()
    return 6
  }

  #skipScalar(): false {
    const { bytes } = this
    const from = this.at
    if (
      bytes[from] === letterN &&
      bytes[from + 1] === letterU &&
      bytes[from + 2] === letterL &&
      bytes[from + 3] === letterL
    ) {
      this.at = from + 4
      return false
    }
    let at = from
    let isWhole = true
    for (let byte = bytes[at]; byte !== undefined && !isDelimiter(byte); byte = bytes[++at])
      if (byte < 0x30 || byte > 0x39) isWhole = false
    const isPlain = isWhole && at > from && (bytes[from] !== 0x30 || at === from + 1)
    if (!isPlain && !scalar.test(bytes.toString('latin1', from, at))) this.#fail()
    this.at = at
    return false
  }

  /** Which of these names the string is that began there and has just been passed over. */
  #find(names: Names, from: number): string | undefined {
    if (this.#sawEscape) {
      const text = this.#stringFrom(from)
      return names.list.find((name) => name.text === text)?.text
    }
    const length = this.at - from - 2
    if (length > 31 || (names.lengths & (1 << length)) === 0) return undefined
    for (const { text, bytes } of names.list) if (this.#isAt(bytes, from + 1, this.at - 1)) return text
    return undefined
  }

  #isAt(name: Buffer, from: number, to: number): boolean {
    if (name.length !== to - from) return false
    for (let index = 0; index < name.length; index++)
      if (this.bytes[from + index] !== name[index]) return false
    return true
  }

  /** The string that began there and has just been passed over. */
  #stringFrom(from: number): string {
    if (this.#sawEscape) return JSON.parse(this.bytes.toString('utf8', from, this.at))
    return this.bytes.toString('utf8', from + 1, this.at - 1)
  }

  #take(byte: number): void {
    if (!this.#takeIf(byte)) this.#fail()
  }

  #takeIf(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.at++
    return true
  }

  #fail(): never {
    throw new SyntaxError(`no JSON at byte ${this.at}`)
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDelimiter(byte: number): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || byte <= 0x20
}

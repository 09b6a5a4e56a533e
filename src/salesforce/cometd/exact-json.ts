/** A number as the text that it was, which `JSON.stringify` writes as it stands. */
export type RawNumber = { readonly rawJSON: string }

type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown

/** What Node 24 has and the compiler's library does not know yet. */
const exact = JSON as unknown as {
  rawJSON(text: string): RawNumber
  parse(text: string, reviver: Reviver): unknown
}

export function toRawNumber(digits: string): RawNumber {
  return exact.rawJSON(digits)
}

/** Parses JSON with each number as its text, since a number of JavaScript may not hold all of its digits. */
export function parseExactly(text: string): unknown {
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' ? exact.rawJSON(source) : value,
  )
}

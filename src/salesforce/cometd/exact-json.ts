/** Replay ids of 16 digits and more, which a number of JavaScript may not hold exactly. */
const longReplayId = /"replayId"\s*:\s*\d{16}/

/** A number as the text that it was, which `JSON.stringify` writes as it stands. */
export type RawNumber = { readonly rawJSON: string }

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** What Node 24 has and the compiler's library does not know yet. */
const exact = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(text: string): RawNumber
}

/** As `JSON.parse`, except that a `replayId` too long for a number is kept as {@link RawNumber}. */
export function parseExactly(text: string): unknown {
  if (!longReplayId.test(text)) return JSON.parse(text)
  return exact.parse(text, (key, value, { source }) =>
    key === 'replayId' && typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined
      ? exact.rawJSON(source)
      : value,
  )
}

/** A whole number of any length, for `JSON.stringify`. @param digits such as `9007199254740993` */
export function toRawNumber(digits: string): RawNumber {
  return exact.rawJSON(digits)
}

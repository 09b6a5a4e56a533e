/** Longer texts seldom come twice and would fill the memory. */
const longestText = 4096

/**
 * Remembers what a pure function answered for a text, for up to about `limit` texts. Old ones are forgotten a half at a
 * time, so that a lookup costs one or two reads of a map and no bookkeeping.
 */
export function memoizeByText<T>(compute: (text: string) => T, limit = 20_000): (text: string) => T {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return (text) => {
    if (text.length > longestText) return compute(text)
    let value = young.get(text)
    if (value !== undefined) return value
    value = old.get(text) ?? compute(text)
    if (young.size >= limit / 2) {
      old = young
      young = new Map()
    }
    young.set(text, value)
    return value
  }
}

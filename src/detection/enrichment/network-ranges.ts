import { memoizeByText } from '../activity/bounded-cache.ts'
import { dimensions } from '../activity/firsts.ts'
import { toWord } from '../baseline/novelty/value-memory.ts'
import { hashText } from '../window/recent-values.ts'

/** Ranges of networks are remembered beside the dimensions that detectors may ask about. */
export const rangeIndex = dimensions.length
/** Networks of a range, each first seen on a day of its own, after which a further one is expected. */
const networksOfRange = 3

/** `203.0.113.0/24` → the words of the first, second and third network of `203.0.0.0/16`. */
export const rangeWords: (network: string) => readonly number[] = memoizeByText((network) => {
  const separator = network.includes(':') ? ':' : '.'
  const range = network.split(separator).slice(0, 2).join(separator)
  return Array.from({ length: networksOfRange }, (_, number) =>
    toWord(hashText(`${range} ${number}`), rangeIndex),
  )
})

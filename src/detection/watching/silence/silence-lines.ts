import { formatMinute } from '../../../utc-time.ts'
import { areKnown, type Feeders, largestFeeders } from '../../baseline/silence/feeders.ts'
import type { Detection } from '../../detection.ts'

/** Who brings less is one of many. */
const leastNamed = 0.05
const maxNamed = 5

/** Who usually feeds a channel, which of them have been at work in others since `from`, and when its last event came, ms. */
export function describeSilence(
  feeders: Feeders | undefined,
  newest: number,
  from: number,
): Detection['explanation'] {
  const last = { label: 'Last event', value: formatMinute(newest) }
  return feeders && areKnown(feeders)
    ? [{ label: 'Usually from', value: namesOf(feeders, from) }, last]
    : [last]
}

/** `ann@acme.example 52 %, bob@acme.example 18 % (at work elsewhere) and others`. */
function namesOf(feeders: Feeders, from: number): string {
  const largest = largestFeeders(feeders, from, leastNamed).slice(0, maxNamed)
  if (largest.length === 0) return 'many, none of whom brings a twentieth'
  const named = largest.map(
    ({ name, share, isAtWork }) =>
      `${name} ${Math.round(share * 100)} %${isAtWork ? ' (at work elsewhere)' : ''}`,
  )
  const rest = 1 - largest.reduce((sum, { share }) => sum + share, 0)
  return `${named.join(', ')}${rest >= leastNamed ? ' and others' : ''}`
}

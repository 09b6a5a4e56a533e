import type { Measure } from '../definition/detector.ts'
import type { Detection } from '../detection.ts'
import type { Verdict } from './evaluate.ts'
import type { Evidence } from './evidence.ts'

/** So much of what was observed is told to have come within a span. */
export const nearlyAll = 0.95

/**
 * Between which times nearly all of what a verdict observed came, ms: from the first event of the evidence on where that holds as
 * much, else as exactly as panes tell. Evidence may go further back than the window. Undefined where only the window tells.
 */
export function spanOf(
  { span, observed }: Pick<Verdict, 'span' | 'observed'>,
  { total, since = 0 }: Evidence,
  { kind }: Pick<Measure, 'kind'>,
): Detection['span'] {
  if (!span || kind === 'distinct' || total < nearlyAll * observed) return span
  return { since: Math.min(Math.max(span.since, since), span.until), until: span.until }
}

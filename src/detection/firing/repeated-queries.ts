import type { Activity } from '../activity/activity.ts'
import { numberOf, textOf } from '../activity/payload.ts'
import { hashText } from '../window/recent-values.ts'

/** How many records a query has brought, of how many that it has in all. */
type Brought = { brought: number; all: number }
/** By the hash of a query's text. Saved as JSON. */
export type QueriesSeen = Record<string, Brought>

/** What comes later is never a repetition: whoever changes a value from page to page soon has more. */
const maxQueries = 32

/**
 * The share (0 to 1) of an activity's records that the same query has brought before. The same to the letter: paging by an id or an
 * offset changes the text, and the pages of one query add up to its total, which each of them tells. What has been added to it since
 * is no repetition. Parts of one Bulk job may have one text.
 */
export function repeatedShare(seen: QueriesSeen, { action, api, raw, rows }: Activity): number {
  const query = action === 'api-query' && api !== 'bulk' && rows > 0 ? textOf(raw, 'Query') : null
  const all = query === null ? null : allOf(raw, rows)
  if (query === null || all === null) return 0
  const key = String(hashText(query))
  const known = seen[key]
  if (!known) {
    if (Object.keys(seen).length < maxQueries) seen[key] = { brought: rows, all: Math.max(rows, all) }
    return 0
  }
  known.all = Math.max(known.all, all)
  const fresh = Math.min(rows, known.all - known.brought)
  known.brought += fresh
  return 1 - fresh / rows
}

/** Of a page that does not tell the total nobody knows what is left. */
function allOf(raw: Activity['raw'], rows: number): number | null {
  const total = numberOf(raw, 'RowsProcessed') ?? 0
  if (total > 0) return total
  return textOf(raw, 'Operation')?.toLowerCase() === 'querymore' ? null : rows
}

import type { NewRecord } from '../../log/log.ts'
import type { RestRow } from './org-rest.ts'

/** How an event came into the log that was not streamed. */
export type StoredOrigin = 'reconcile' | 'backfill'

/**
 * A row of a storage object as a record of topic `events`: in the form of its stream, dates included, but without the part
 * `event`, since it never was a message.
 */
export function toStoredRecord(
  row: RestRow,
  place: {
    readonly channel: string
    readonly orgId: string
    readonly org: string
    readonly origin: StoredOrigin
  },
): NewRecord {
  const payload: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    if (name === 'attributes' || name === 'Id') continue
    payload[name] = typeof value === 'string' && restDate.test(value) ? value.replace('+0000', 'Z') : value
  }
  const { channel, orgId, org, origin } = place
  return { key: orgId, value: JSON.stringify({ channel, data: { payload } }), headers: { org, origin } }
}

const restDate = /^\d{4}-\d\d-\d\dT[\d:.]+\+0000$/

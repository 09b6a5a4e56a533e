import type { Activity } from '../../../src/detection/activity/activity.ts'
import type { EventRecord } from '../../../src/detection/activity/decode.ts'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'

export const orgId = '00Dxx0000001gPzEAI'

/** A record as ingest appends it: the event as Salesforce delivers it over CometD. */
export function toRecord(
  type: string,
  payload: Record<string, unknown>,
  {
    event = { replayId: 7, EventUuid: '59eb0000-0000-4000-8000-000000000001' } as object,
    origin = 'stream',
  } = {},
): EventRecord {
  const value = { channel: `/event/${type}`, data: { schema: 'VEb7_SnuXFTJ7g1PLe_aYw', payload, event } }
  return { key: orgId, value: Buffer.from(JSON.stringify(value)), headers: { org: 'acme', origin } }
}

/** The activity of an event with the fields that nearly all of them have. */
export function decodeActivity(type: string, payload: Record<string, unknown> = {}): Activity {
  const decoded = decodeEvent(toRecord(type, { ...commonPayload, ...payload }))
  if ('kind' in decoded) throw new Error('a heartbeat came out of an event')
  return decoded
}

export const commonPayload = {
  EventDate: '2026-11-20T08:14:03.000Z',
  CreatedDate: '2026-11-20T08:14:09.412Z',
  CreatedById: '005xx000001AutoAAA',
  EventIdentifier: '5b0d7a31-0000-4000-8000-000000000002',
  UserId: '005xx000001X8UzAAK',
  Username: 'dana@acme.example',
  SourceIp: '203.0.113.24',
  LoginKey: 'o3vhFaSRBb0OzpCl',
  SessionKey: 'vMASKIU6AxEr+Op5',
  SessionLevel: 'STANDARD',
}

import { isVerdictWord, type OrgRef, type Verdict } from '../detection.ts'
import { type Payload, textOf, timeOf } from './payload.ts'

/** The channel on which an analyst's verdict about an alert comes. */
export const verdictChannel = '/forcewatch/verdict'

/** The verdict that a record carries, or null when it lacks a part. */
export function toVerdict(org: OrgRef, payload: Payload): Verdict | null {
  const [id, alert, detector] = ['VerdictId', 'AlertId', 'Detector'].map((name) => textOf(payload, name))
  const [type, entity] = ['EntityType', 'EntityId'].map((name) => textOf(payload, name))
  const word = payload.Verdict
  const time = timeOf(payload, 'EventDate')
  const episodes = Array.isArray(payload.Episodes) ? payload.Episodes.map(String) : []
  if (!id || !alert || !detector || !type || !entity || !isVerdictWord(word) || time === null) return null
  return {
    kind: 'verdict',
    id,
    org,
    alert,
    detector,
    entity: { type, id: entity },
    episodes,
    word,
    time,
    by: textOf(payload, 'By'),
    note: textOf(payload, 'Note'),
  }
}

import type { Verdict } from '../detection/detection.ts'
import type { NewRecord } from '../log/log.ts'
import type { Alert } from './alert.ts'

/** A verdict about an alert as a record of topic `events`. `id`: unique; `now`: ms since the epoch. */
export function toVerdictRecord(
  { id: alertId, peak, latest }: Alert,
  { word, by, note }: Pick<Verdict, 'word' | 'by' | 'note'>,
  id: string,
  now: number,
): NewRecord {
  const { org, detector, entity } = latest
  const payload = {
    EventDate: new Date(now).toISOString(),
    VerdictId: id,
    AlertId: alertId,
    Detector: detector.id,
    EntityType: entity.type,
    EntityId: entity.id,
    Episodes: [...new Set([peak.episode, latest.episode])],
    Verdict: word,
    By: by,
    Note: note,
  }
  return {
    key: org.id,
    value: JSON.stringify({ channel: '/forcewatch/verdict', data: { payload } }),
    headers: { org: org.name, origin: 'verdict' },
  }
}

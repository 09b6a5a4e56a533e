import type { Detection, Entity, Risk } from '../detection.ts'
import type { Activity } from './activity.ts'
import { unknownFirsts } from './firsts.ts'

/** The type of activities that are detections. */
export const detectionType = 'Detection'

/** A detection as an activity of the user it is about, so that detectors can watch what other detectors find. */
export function toDetectionActivity(detection: Detection, { points, fact }: Risk): Activity {
  const { id, org, detector, entity, level, time, trigger, summary, backfill } = detection
  const { fields } = trigger
  const user = userOf(entity, fields.user)
  return {
    org,
    type: detectionType,
    identity: null,
    id,
    time,
    action: 'detection',
    outcome: null,
    user,
    username: user === null ? null : textOr(fields.user === user ? fields.username : entity.name),
    actor: null,
    ip: textOr(fields.ip),
    network: textOr(fields.network),
    session: null,
    login: null,
    app: textOr(fields.app),
    client: textOr(fields.client),
    api: null,
    rows: 0,
    bytes: 0,
    objects: [],
    query: null,
    probe: false,
    firsts: unknownFirsts,
    backfill,
    raw: { detector: detector.id, title: detector.title, summary, level, risk: points, ...fact },
    personOf: null,
    get person() {
      return user === null ? null : (this.personOf?.(org.id, user) ?? null)
    },
  }
}

/**
 * The user whom a detection is about: of one about an application or session the user behind the event, of one about a
 * network or the whole org nobody, for its event is one of many. Of an actor known by name only the id is not known.
 */
function userOf({ type, id }: Entity, user: unknown): string | null {
  const parts = type.split(' + ')
  const place = parts.findIndex((part) => part === 'user' || part === 'UserId')
  if (place >= 0) return id.split(' + ')[place] ?? null
  if (type === 'actor') return id.startsWith('005') ? id : null
  if (parts.some((part) => ['app', 'session', 'login'].includes(part))) return textOr(user)
  return null
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

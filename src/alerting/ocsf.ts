import { isIP } from 'node:net'
import type { Detection, Level, VerdictWord } from '../detection/detection.ts'
import type { Alert } from './alert.ts'
import { toAttacks } from './attack-tags.ts'
import type { AlertChange } from './lifecycle.ts'

export type OcsfOptions = {
  /** Version of Forcewatch. */
  readonly version: string
}

/** What an OCSF finding reports: that an alert was opened, changed or closed. */
export type OcsfActivity = 'Create' | 'Update' | 'Close'

/** A Detection Finding as JSON; the test against the schema of OCSF keeps its shape. */
export type OcsfFinding = Readonly<Record<string, unknown>>

const schemaVersion = '1.8.0'
const classUid = 2004
const activityIds = { Create: 1, Update: 2, Close: 3 } as const
const severities: Readonly<Record<Level, readonly [id: number, name: string]>> = {
  informational: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
}

/** Ids and names of OCSF for what an analyst says. */
const verdicts: Readonly<Record<VerdictWord, readonly [id: number, name: string]>> = {
  true_positive: [2, 'True Positive'],
  false_positive: [1, 'False Positive'],
  benign: [5, 'Benign'],
  expected: [5, 'Benign'],
  duplicate: [10, 'Duplicate'],
  test: [6, 'Test'],
}

/** The activity that tells of a change; null for one that is not worth a finding (one more detection of the same level). */
export function activityOf({ event }: AlertChange): OcsfActivity | null {
  if (event === 'updated') return null
  if (event === 'opened') return 'Create'
  return event === 'resolved' ? 'Close' : 'Update'
}

/**
 * An alert as an OCSF Detection Finding (class 2004, schema 1.8.0; https://schema.ocsf.io). `time`: event time of what
 * happened to it, ms. The peak detection is the one that is described. `is_alert` is false for what nobody is notified
 * of: experimental detectors and events from before the org was watched.
 */
export function toOcsf(
  alert: Alert,
  activity: OcsfActivity,
  time: number,
  { version }: OcsfOptions,
): OcsfFinding {
  const { peak, latest } = alert
  const { detector, org } = latest
  const activityId = activityIds[activity]
  const [severityId, severity] = severities[alert.level]
  const closed = activity === 'Close'
  const product = { name: 'Forcewatch', vendor_name: 'Forcewatch', version }
  return {
    category_uid: 2,
    category_name: 'Findings',
    class_uid: classUid,
    class_name: 'Detection Finding',
    activity_id: activityId,
    activity_name: activity,
    type_uid: classUid * 100 + activityId,
    type_name: `Detection Finding: ${activity}`,
    time: Math.round(time),
    start_time: Math.round(alert.openedAt),
    end_time: Math.round(alert.lastSeenAt),
    count: alert.count,
    message: peak.summary,
    severity_id: severityId,
    severity,
    status_id: closed ? 4 : 1,
    status: closed ? 'Resolved' : 'New',
    is_alert: detector.status === 'stable' && !latest.backfill,
    metadata: {
      version: schemaVersion,
      uid: [alert.id, activityId, alert.count, ...(alert.verdict ? [alert.verdict.id] : [])].join('-'),
      product,
      tenant_uid: org.id,
      log_provider: 'Salesforce Real-Time Event Monitoring',
      labels: [...detector.tags],
    },
    finding_info: toFindingInfo(alert, time),
    anomaly_analyses: [toAnomalyAnalysis(peak)],
    evidences: [toEvidence(peak)],
    observables: toObservables(peak),
    ...toVerdict(alert),
    resources: [{ uid: org.id, name: org.name, type: 'Salesforce org' }],
    ...(detector.runbook !== '' && { remediation: { desc: detector.runbook } }),
    unmapped: {
      entity: peak.entity,
      reason: peak.reason,
      statistics: peak.statistics,
      explanation: Object.fromEntries(peak.explanation.map(({ label, value }) => [label, value])),
      contributors: peak.contributors,
      falsepositives: detector.falsepositives,
      ...(alert.verdict && { verdict: alert.verdict }),
    },
  }
}

function toVerdict({ verdict }: Alert) {
  if (!verdict) return {}
  const [verdictId, name] = verdicts[verdict.word]
  return { verdict_id: verdictId, verdict: name, ...(verdict.note && { comment: verdict.note }) }
}

function toFindingInfo({ id, peak, latest, openedAt, lastSeenAt }: Alert, time: number) {
  const { detector } = latest
  const attacks = toAttacks(detector.tags)
  const experimental = detector.status === 'experimental'
  return {
    uid: id,
    title: detector.title,
    desc: peak.summary,
    created_time: Math.round(openedAt),
    first_seen_time: Math.round(Math.min(openedAt, peak.window.start)),
    last_seen_time: Math.round(lastSeenAt),
    modified_time: Math.round(time),
    analytic: {
      uid: detector.id,
      name: detector.title,
      desc: detector.description,
      version: detector.set,
      ...(peak.statistics === null ? { type_id: 1, type: 'Rule' } : { type_id: 3, type: 'Statistical' }),
      ...(peak.statistics && { algorithm: peak.statistics.model }),
      ...(experimental ? { state_id: 3, state: 'Experimental' } : { state_id: 1, state: 'Active' }),
    },
    ...(attacks.length > 0 && { attacks }),
    data_sources: [peak.trigger.type],
    related_events: peak.samples.map((uid) => ({ uid })),
    related_events_count: peak.samples.length,
  }
}

function toAnomalyAnalysis({ entity, measure, window, observed, statistics }: Detection) {
  const start = Math.round(window.start)
  const end = Math.round(window.end)
  const timespan = { start_time: start, end_time: end, duration: end - start }
  const about = { observation_parameter: measure.expression, observation_type: measure.unit }
  const { largest = 0 } = statistics ?? {}
  const expectations = statistics && [
    {
      ...about,
      observed_pattern: 'expected',
      observations: [{ value: String(statistics.expected), timespan }],
    },
    {
      ...about,
      observed_pattern: 'usual range, from 5 % to 95 %',
      observations: [{ value: String(statistics.low) }, { value: String(statistics.high) }],
    },
    ...(largest > 0
      ? [{ ...about, observed_pattern: 'own largest', observations: [{ value: String(largest) }] }]
      : []),
  ]
  return {
    analysis_targets: [{ name: entity.name ?? entity.id, type: entity.type }],
    anomalies: [{ ...about, observations: [{ value: String(observed), timespan }] }],
    ...(expectations && { baselines: expectations }),
  }
}

function toEvidence({ entity, trigger }: Detection) {
  const { user, username, name, session, app, ip } = textFields(trigger.fields)
  const userId = user ?? (entity.type === 'user' ? entity.id : undefined)
  const userName = username ?? (entity.type === 'user' ? entity.name : undefined)
  const person = {
    ...(userId && { uid: userId }),
    ...(userName && { name: userName }),
    ...(name && { full_name: name }),
  }
  const actor = {
    ...(Object.keys(person).length > 0 && { user: person }),
    ...(session && { session: { uid: session } }),
    ...(app && { app_name: app }),
  }
  return {
    name: trigger.type,
    uid: trigger.id,
    data: trigger.fields,
    ...(Object.keys(actor).length > 0 && { actor }),
    ...(ip && isIP(ip) !== 0 && { src_endpoint: { ip } }),
  }
}

/** What a SIEM may search for. Type 99: `type` names it in words. */
function toObservables({ entity, trigger }: Detection) {
  const { user, username, ip, session } = textFields(trigger.fields)
  const found: (readonly [name: string, type: string, value: string | undefined])[] = [
    ['unmapped.entity.id', entity.type, entity.id],
    ['unmapped.entity.name', entity.type, entity.name],
    ['evidences[0].actor.user.uid', 'User', user],
    ['evidences[0].actor.user.name', 'User Name', username],
    ['evidences[0].src_endpoint.ip', 'IP Address', ip && isIP(ip) !== 0 ? ip : undefined],
    ['evidences[0].actor.session.uid', 'Session', session],
  ]
  return found.flatMap(([name, type, value]) => (value ? [{ name, type, type_id: 99, value }] : []))
}

function textFields(fields: Detection['trigger']['fields']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).filter((field) => typeof field[1] === 'string')) as Record<
    string,
    string
  >
}

import type { Level } from '../../detection/detection.ts'
import { type MessageOptions, toMessage } from '../message.ts'
import type { Notification } from '../notifier.ts'
import { shorten, toPlainText } from '../plain-text.ts'

/** An event of PagerDuty's Events API v2, without the routing key. */
export type PagerDutyEvent =
  | { readonly event_action: 'resolve'; readonly dedup_key: string }
  | {
      readonly event_action: 'trigger'
      readonly dedup_key: string
      readonly payload: {
        readonly summary: string
        readonly source: string
        readonly severity: Severity
        readonly timestamp: string
        readonly component: string
        readonly group: string
        readonly class: string
        readonly custom_details: Readonly<Record<string, unknown>>
      }
      readonly client: string
      readonly client_url?: string
      readonly links?: readonly { readonly href: string; readonly text: string }[]
    }

type Severity = 'critical' | 'error' | 'warning' | 'info'

const severities: Readonly<Record<Level, Severity>> = {
  informational: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
}

const summaryLimit = 1024
/** PagerDuty takes 512 KB; the rest is for the routing key and the frame. */
const detailsLimit = 500 * 1024

/**
 * A notification as an event. The deduplication key is the alert's id: repeated triggers join the incident, and a resolve
 * ends it. Limits: developer.pagerduty.com, Events API v2.
 */
export function toPagerDutyEvent(notification: Notification, options: MessageOptions): PagerDutyEvent {
  const { alert, cause } = notification
  if (cause === 'resolved') return { event_action: 'resolve', dedup_key: alert.id }
  const { what, sentence, link, userLink } = toMessage(notification, options)
  const { org, entity, detector } = alert.latest
  const links = [
    ...(link === null ? [] : [{ href: link, text: 'Open in Forcewatch' }]),
    ...(userLink === null ? [] : [{ href: userLink, text: 'Open user in Salesforce' }]),
  ]
  return {
    event_action: 'trigger',
    dedup_key: alert.id,
    payload: {
      summary: shorten(`${sentence} · ${what}`, summaryLimit),
      source: toPlainText(org.name, 200) || org.id,
      severity: severities[alert.level],
      timestamp: new Date(alert.lastSeenAt).toISOString(),
      component: 'Salesforce',
      group: toPlainText(entity.type, 200),
      class: toPlainText(detector.id, 200),
      custom_details: toDetails(notification, options),
    },
    client: 'Forcewatch',
    ...(link !== null && { client_url: link }),
    ...(links.length > 0 && { links }),
  }
}

function toDetails(notification: Notification, options: MessageOptions): Record<string, unknown> {
  const { alert } = notification
  const { peak, latest } = alert
  const { who, facts, explanation, steps, source } = toMessage(notification, options)
  const fields = Object.entries(latest.trigger.fields)
  return trimDetails({
    who,
    ...Object.fromEntries(
      [...facts, ...explanation].map(({ label, value }) => [label.toLowerCase().replaceAll(' ', '_'), value]),
    ),
    what_to_do: steps,
    from: source,
    detections: alert.count,
    entity: toPlainText(latest.entity.id),
    org_id: latest.org.id,
    events: peak.samples.map((id) => toPlainText(id, 100)),
    benign_causes: latest.detector.falsepositives.map((text) => toPlainText(text)),
    tags: latest.detector.tags.map((tag) => toPlainText(tag, 100)),
    statistics: peak.statistics,
    event: Object.fromEntries(
      fields.map(([name, value]) => [name, typeof value === 'string' ? toPlainText(value, 2000) : value]),
    ),
  })
}

/** Leaves out the largest entries until the rest fits, and says which. */
function trimDetails(details: Record<string, unknown>): Record<string, unknown> {
  const sizes = Object.entries(details).map(([name, value]) => ({
    name,
    size: byteLength({ [name]: value }),
  }))
  sizes.sort((a, b) => b.size - a.size)
  const leftOut: string[] = []
  let total = sizes.reduce((sum, { size }) => sum + size, 0)
  for (const { name, size } of sizes) {
    if (total <= detailsLimit) break
    leftOut.push(name)
    total -= size
  }
  if (leftOut.length === 0) return details
  const kept = Object.entries(details).filter(([name]) => !leftOut.includes(name))
  return { ...Object.fromEntries(kept), left_out: leftOut }
}

function byteLength(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

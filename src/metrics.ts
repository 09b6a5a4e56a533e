import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Definition = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

const latency = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Every metric of the service, without the prefix `forcewatch_`. docs/metrics.md is generated from it. No user ever becomes a label. */
export const metricTable = {
  build_info: { type: 'gauge', help: 'Always 1; the labels say what runs.', labels: ['version'] },
  events_received_total: {
    type: 'counter',
    help: 'Events that Salesforce delivered.',
    labels: ['org', 'channel'],
  },
  last_event_timestamp_seconds: {
    type: 'gauge',
    help: 'EventDate of the newest event of a channel.',
    labels: ['org', 'channel'],
  },
  sessions_total: { type: 'counter', help: 'CometD sessions by how they ended.', labels: ['org', 'reason'] },
  session_up: { type: 'gauge', help: '1 while a CometD session delivers events.', labels: ['org'] },
  channel_up: {
    type: 'gauge',
    help: '1 while a channel is subscribed to, 0 while Salesforce refuses it.',
    labels: ['org', 'channel'],
  },
  gaps_total: {
    type: 'counter',
    help: 'Times a channel had to be resumed without its cursor.',
    labels: ['org', 'channel'],
  },
  reconcile_rounds_total: {
    type: 'counter',
    help: 'Comparisons of the log with storage objects by outcome: ok, partial, paused (API requests are short), token, failed.',
    labels: ['org', 'outcome'],
  },
  reconcile_found_total: {
    type: 'counter',
    help: 'Events that a storage object held and the log did not.',
    labels: ['org', 'event'],
  },
  reconcile_injected_total: {
    type: 'counter',
    help: 'Events that were written to the log from a storage object, because it lacked them.',
    labels: ['org', 'event'],
  },
  reconcile_unexplained_total: {
    type: 'counter',
    help: 'Events that a storage object held and the log did not, although the stream was up and no gap is on record.',
    labels: ['org', 'event'],
  },
  reconcile_checked_timestamp_seconds: {
    type: 'gauge',
    help: 'Up to which EventDate the log has been compared with the storage object of an event.',
    labels: ['org', 'event'],
  },
  api_requests_total: {
    type: 'counter',
    help: 'REST requests for stored events, which count against the allowance of the org.',
    labels: ['org', 'purpose'],
  },
  api_requests_remaining: {
    type: 'gauge',
    help: 'What was left of the daily API requests of the org when it was last asked.',
    labels: ['org'],
  },
  directory_users: { type: 'gauge', help: 'Users of an org that detection knows.', labels: ['org'] },
  directory_records_total: {
    type: 'counter',
    help: 'Users, connected apps and facts about the org that were new or changed and were written to the log.',
    labels: ['org'],
  },
  directory_reads_total: {
    type: 'counter',
    help: 'Readings of the directory of users by outcome: ok, partial, denied, token, failed.',
    labels: ['org', 'outcome'],
  },
  directory_last_read_timestamp_seconds: {
    type: 'gauge',
    help: 'When the directory of users was read last.',
    labels: ['org'],
  },
  records_processed_total: {
    type: 'counter',
    help: 'Records that a stage has processed.',
    labels: ['stage'],
  },
  records_duplicate_total: {
    type: 'counter',
    help: 'Events dropped because they had been seen before.',
    labels: ['stage'],
  },
  records_dead_total: {
    type: 'counter',
    help: 'Records sent to the dead-letter topic.',
    labels: ['stage', 'code'],
  },
  lag_records: {
    type: 'gauge',
    help: 'Records of a partition that a stage has still to process.',
    labels: ['stage', 'partition'],
  },
  checkpoint_seconds: {
    type: 'histogram',
    help: 'Duration of a checkpoint.',
    labels: ['stage'],
    buckets: latency,
  },
  checkpoint_entries_total: {
    type: 'counter',
    help: 'Entries of keyed state written by checkpoints.',
    labels: ['stage'],
  },
  partitions_owned: { type: 'gauge', help: 'Partitions that this process works on.', labels: ['stage'] },
  detections_total: { type: 'counter', help: 'Detections emitted.', labels: ['detector', 'level'] },
  alerts_total: { type: 'counter', help: 'Alerts by what happened to them.', labels: ['detector', 'event'] },
  alerts_open: {
    type: 'gauge',
    help: 'Alerts that are open, without those of experimental detectors.',
    labels: ['level'],
  },
  notifications_total: {
    type: 'counter',
    help: 'Notifications by how they ended.',
    labels: ['receiver', 'outcome'],
  },
  notification_requests_total: {
    type: 'counter',
    help: 'Requests to receivers by how they ended.',
    labels: ['receiver', 'outcome'],
  },
  notification_seconds: {
    type: 'histogram',
    help: 'Duration of a request to a receiver.',
    labels: ['receiver'],
    buckets: latency,
  },
  outbox_depth: { type: 'gauge', help: 'Notifications that wait for delivery.', labels: ['receiver'] },
  outbox_oldest_seconds: {
    type: 'gauge',
    help: 'Age of the oldest notification that waits.',
    labels: ['receiver'],
  },
  detectors_loaded: { type: 'gauge', help: 'Detectors in force.', labels: [] },
  exceptions: {
    type: 'gauge',
    help: 'Exceptions of the detectors by state: in_force, expired. Looked at once a day and with every (re)load.',
    labels: ['state'],
  },
  config_last_reload_successful: {
    type: 'gauge',
    help: '1 when the last (re)load of detectors succeeded.',
    labels: [],
  },
  config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When detectors were last (re)loaded.',
    labels: [],
  },
} as const satisfies Record<string, Definition>

type Table = typeof metricTable
type Metric<D> = D extends { type: 'counter'; labels: readonly (infer L extends string)[] }
  ? Counter<L>
  : D extends { type: 'gauge'; labels: readonly (infer L extends string)[] }
    ? Gauge<L>
    : D extends { type: 'histogram'; labels: readonly (infer L extends string)[] }
      ? Histogram<L>
      : never

/** One typed metric per row of {@link metricTable}, and the registry that prints them. */
export type Metrics = { readonly [Name in keyof Table]: Metric<Table[Name]> } & {
  readonly registry: Registry
}

const classes = { counter: Counter, gauge: Gauge, histogram: Histogram }

/** Metrics on a registry of their own, so that several apps can live in one process (tests). */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const metrics: Record<string, unknown> = { registry }
  for (const [name, { type, help, labels, ...rest }] of Object.entries<Definition>(metricTable)) {
    const options = { name: `forcewatch_${name}`, help, labelNames: [...labels], registers: [registry] }
    metrics[name] = new classes[type](rest.buckets ? { ...options, buckets: [...rest.buckets] } : options)
  }
  return metrics as Metrics
}

/** Adds the usual figures of a Node.js process: CPU, memory, file descriptors, event loop, garbage collection. */
export function measureProcess({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry })
}

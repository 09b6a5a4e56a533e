import type { Clock } from '../clock.ts'
import type { Detection, Verdict } from '../detection/detection.ts'
import { day } from '../duration.ts'
import type { LogRecord } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Notification } from '../notify/notifier.ts'
import { KeyedState } from '../stream/keyed-state.ts'
import type { Engine, Output, PartitionTask } from '../stream/task.ts'
import type { Alert, AlertHistoryEntry } from './alert.ts'
import type { AlertBoard } from './alert-board.ts'
import { type Decision, decide, type Told } from './decision.ts'
import { type DeliveryQueue, type DeliverySource, defaultMaxAge, type Settlement } from './delivery-queue.ts'
import { parseDetectionMessage } from './detection-message.ts'
import {
  type AlertChange,
  addHistory,
  applyDetection,
  applyTime,
  applyVerdict,
  isRepeated,
  noteDetection,
  type Subject,
  subjectKey,
} from './lifecycle.ts'
import { activityOf, type OcsfOptions, toOcsf } from './ocsf.ts'
import { Outbox, type OutboxEntry } from './outbox.ts'
import { isToldBy, relatedTo } from './related.ts'
import { type RoutingOptions, routeAlert } from './routes.ts'

export type AlertingTaskOptions = {
  /** Name of the topic that gets every alert as an OCSF Detection Finding. */
  readonly alertsTopic: string
  /** The routes in force, asked at each change of an alert. */
  readonly routes: () => RoutingOptions
  /** By receiver, shared by all partitions of the process: see `createDeliveryQueues`. */
  readonly queues: ReadonlyMap<string, DeliveryQueue>
  readonly board: AlertBoard
  readonly ocsf: OcsfOptions
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** How long a resolved alert is kept (at least its `repeat`), ms of event time. Default 30 days. */
  readonly retention?: number
  /** The same as the queues' `maxAge`. Default 24 h. */
  readonly maxAge?: number
}

/** An alert together with what its receivers have been told. */
type AlertRecord = { readonly alert: Alert; readonly told: Readonly<Record<string, Told>> }

/**
 * Detections of one partition become alerts and notifications. `process` decides everything; deliveries run beside it and
 * come back as changes of the same states, followed by a request for a checkpoint.
 */
export function createAlertingTask(options: AlertingTaskOptions): PartitionTask {
  return new AlertingTask(options)
}

class AlertingTask implements PartitionTask, DeliverySource {
  readonly #options: AlertingTaskOptions
  /** By alert id. */
  readonly #alerts = new KeyedState<AlertRecord>('alerts')
  /** By {@link subjectKey}. */
  readonly #subjects = new KeyedState<Subject>('subjects')
  readonly #outbox = new Outbox()
  readonly states = [this.#alerts, this.#subjects, this.#outbox.state]
  #engine: Engine | undefined
  #closed = false
  /** How many rows the record at hand has put so far. */
  #rowsPut = 0

  constructor(options: AlertingTaskOptions) {
    this.#options = options
  }

  restored(engine: Engine): void {
    this.#engine = engine
    const { board, clock, maxAge = defaultMaxAge } = this.#options
    for (const [, { alert }] of this.#alerts.entries()) board.update(alert)
    this.#showOpen()
    this.#queue(this.#outbox.takeRestored(clock.now(), maxAge))
  }

  process(record: LogRecord, output: Output): void {
    const message = parseDetectionMessage(record.value)
    this.#rowsPut = 0
    if (message.kind === 'progress') this.#passTime(message.org.id, message.time, record.offset, output)
    else if (message.kind === 'verdict') this.#judge(message, record.offset, output)
    else this.#detect(message, record.offset, output)
    if (this.#rowsPut > 0) output.checkpointSoon()
  }

  checkpointed(): void {
    if (!this.#closed) this.#queue(this.#outbox.takeDurable(this.#options.clock.now()))
  }

  /** Stops delivering within 2 s. What a receiver accepted until then is part of a checkpoint that follows. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#options.queues.values()].map((queue) => queue.withdraw(this)))
    for (const [id] of this.#alerts.entries()) this.#options.board.remove(id)
    this.#showOpen()
  }

  failed(key: string, reason: string): void {
    this.#outbox.noteFailure(key, reason)
  }

  settled(key: string, settlement: Settlement): void {
    const row = this.#outbox.state.get(key)
    if (!row) return
    const { receiver, notification } = row
    const what = `${notification.cause} → ${receiver}`
    if (settlement.kind === 'rejected' || settlement.kind === 'expired') {
      this.#outbox.bury(key, settlement.reason)
      this.#note(notification.alert.id, 'failed', `${what}: ${settlement.kind}: ${settlement.reason}`)
    } else {
      for (const closed of this.#outbox.close(key, settlement.kind === 'delivered'))
        this.#engine?.removeNow({ section: this.#outbox.state.section, key: closed })
      if (settlement.kind === 'delivered') {
        this.#options.logger.info({ receiver, alert: notification.alert.id }, `delivered: ${what}`)
        this.#note(notification.alert.id, 'delivered', what)
      } else this.#note(notification.alert.id, 'not-notified', `${what}: ${settlement.kind}`)
    }
    if (!this.#closed) this.#engine?.requestCheckpoint()
  }

  #detect(detection: Detection, offset: number, output: Output): void {
    const key = subjectKey(detection)
    const subject = this.#subjects.get(key)
    if (isRepeated(subject, detection)) return
    const previous = subject && this.#alerts.get(subject.alert)?.alert
    for (const change of applyDetection(previous, detection)) {
      this.#apply(change, offset, output)
      if (change.detection) this.#subjects.set(key, noteDetection(subject, detection, change.alert.id))
    }
  }

  #judge(verdict: Verdict, offset: number, output: Output): void {
    const alert = this.#alerts.get(verdict.alert)?.alert
    const change = alert && applyVerdict(alert, verdict)
    if (change) this.#apply(change, offset, output)
    else if (!alert)
      this.#options.logger.warn(
        { alert: verdict.alert },
        'a verdict is about an alert that is not known (any more)',
      )
  }

  #passTime(orgId: string, time: number, offset: number, output: Output): void {
    for (const [id, { alert }] of this.#alerts.entries()) {
      if (alert.latest.org.id !== orgId) continue
      const change = applyTime(alert, time)
      if (change) this.#apply(change, offset, output)
      else if (this.#isForgettable(alert, time)) this.#forget(id, alert)
    }
  }

  #apply(change: AlertChange, offset: number, output: Output): void {
    const { metrics, routes, alertsTopic, ocsf } = this.#options
    const { id, latest } = change.alert
    const told = this.#alerts.get(id)?.told ?? {}
    const others = this.#tellersOf(change.alert).map(({ told }) => told)
    const decisions = decide(change, routeAlert(routes(), change.alert), told, others)
    this.#save(id, {
      alert: toHistory(decisions, change.time).reduce(addHistory, change.alert),
      told: { ...told, ...this.#putRows(change, decisions, told, offset) },
    })
    metrics.alerts_total.inc({ detector: latest.detector.id, event: change.event })
    const activity = activityOf(change)
    if (activity === null) return
    const value = JSON.stringify(toOcsf(change.alert, activity, change.time, ocsf))
    output.emit(alertsTopic, { key: latest.org.id, value, headers: { org: latest.org.name, alert: id } })
  }

  /** Alerts that are open and say what this one has to say. */
  #tellersOf(alert: Alert): readonly AlertRecord[] {
    if (!alert.latest.detector.partOf) return []
    return [...this.#alerts.entries()].flatMap(([, other]) => (isToldBy(alert, other.alert) ? [other] : []))
  }

  #relatedTo(alert: Alert): Pick<Notification, 'related'> {
    const others = [...this.#alerts.entries()].map(([, other]) => other.alert)
    const related = relatedTo(alert, others)
    return related.length === 0 ? {} : { related }
  }

  /** Puts one row per receiver that is to be notified, and answers what these have been told now. */
  #putRows(
    { alert, time }: AlertChange,
    decisions: readonly Decision[],
    told: Readonly<Record<string, Told>>,
    offset: number,
  ): Record<string, Told> {
    const now: Record<string, Told> = {}
    const related = decisions.some(({ kind }) => kind === 'notify') ? this.#relatedTo(alert) : {}
    for (const decision of decisions) {
      if (decision.kind === 'silent') continue
      const { receiver, cause } = decision
      const count = (told[receiver]?.count ?? 0) + 1
      const notification: Notification = { key: `${alert.id}-${count}`, alert, cause, ...related }
      this.#outbox.put({ receiver, notification, order: [offset, this.#rowsPut++] })
      now[receiver] = { cause, level: alert.level, time, count }
    }
    return now
  }

  #queue(entries: readonly OutboxEntry[]): void {
    for (const [receiver, rows] of Map.groupBy(entries, ({ row }) => row.receiver)) {
      const queue = this.#options.queues.get(receiver)
      if (queue) queue.add(rows, this)
      else
        this.#options.logger.error(
          { receiver },
          `${rows.length} notifications wait for receiver ${receiver}, which the configuration does not name (any more)`,
        )
    }
  }

  #note(alertId: string, event: AlertHistoryEntry['event'], detail: string): void {
    const record = this.#alerts.get(alertId)
    if (!record) return
    const entry = { time: this.#options.clock.now(), event, detail }
    this.#save(alertId, { ...record, alert: addHistory(record.alert, entry) })
  }

  #save(id: string, record: AlertRecord): void {
    this.#alerts.set(id, record)
    this.#options.board.update(record.alert)
    this.#showOpen()
  }

  #isForgettable({ resolvedAt, latest }: Alert, time: number): boolean {
    const { retention = 30 * day } = this.#options
    return resolvedAt !== undefined && time - resolvedAt > Math.max(retention, latest.detector.repeat)
  }

  #forget(id: string, alert: Alert): void {
    for (const { key, row } of this.#outbox.forget(id)) {
      this.#options.queues.get(row.receiver)?.remove(key, this)
      this.#options.logger.error(
        { receiver: row.receiver, alert: id },
        `a notification for receiver ${row.receiver} was never delivered, and its alert is too old to be kept`,
      )
    }
    this.#alerts.delete(id)
    this.#options.board.remove(id)
    const key = subjectKey(alert.latest)
    if (this.#subjects.get(key)?.alert === id) this.#subjects.delete(key)
  }

  #showOpen(): void {
    const { board, metrics } = this.#options
    for (const [level, count] of Object.entries(board.openByLevel()))
      metrics.alerts_open.set({ level }, count)
  }
}

/** One entry for the decisions about one change; none when there was nothing to decide. */
function toHistory(decisions: readonly Decision[], time: number): readonly AlertHistoryEntry[] {
  if (decisions.length === 0) return []
  const sent = decisions.filter((decision) => decision.kind === 'notify')
  if (sent.length > 0) {
    const detail = sent.map(({ cause, receiver }) => `${cause} → ${receiver}`).join(', ')
    return [{ time, event: 'notified', detail }]
  }
  const reasons = decisions.filter((decision) => decision.kind === 'silent').map(({ reason }) => reason)
  return [{ time, event: 'not-notified', detail: [...new Set(reasons)].join(', ') }]
}

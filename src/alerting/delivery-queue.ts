import type { Clock } from '../clock.ts'
import { day, hour, minute, second } from '../duration.ts'
import { messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Delivery, Notifier } from '../notify/notifier.ts'
import type { OutboxEntry, OutboxRow } from './outbox.ts'

export type DeliveryOptions = {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** A notification that could not be delivered for so long, in ten attempts or more, is given up, ms. Default 24 h. */
  readonly maxAge?: number
  /** A number in [0, 1), for jitter. Default Math.random. */
  readonly random?: () => number
}

/** After how long a notification that could not be delivered is given up, ms. */
export const defaultMaxAge = day

/** Where the rows come from, and who is told what became of them: one partition. */
export interface DeliverySource {
  /** A delivery failed; it will be tried again. */
  failed(key: string, reason: string): void
  /** The row is done with. */
  settled(key: string, settlement: Settlement): void
}

/** `superseded`: a newer update about the same alert follows. `rejected` and `expired` leave a dead row. */
export type Settlement =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'rejected' | 'expired'; readonly reason: string }

/**
 * A notification is not given up before it was tried so often, some minutes long: its age may be due to a clock that
 * was set, or to the service having been down.
 */
const leastAttempts = 10

type Waiting = {
  readonly key: string
  readonly row: OutboxRow
  readonly source: DeliverySource
  attempts: number
  /** Monotonic time, ms. */
  notBefore: number
}

type InFlight = { readonly item: Waiting; readonly abort: AbortController; readonly done: Promise<void> }

const firstPause = second
const longestPause = 5 * minute
/** A receiver that asks for more patience than this is asked again anyway. */
const longestRetryAfter = hour
/** However long the pause, the age of the oldest notification is measured this often, ms. */
const metricInterval = 15 * second
/** How long a delivery under way may take to end when its partition is released, and then to give in. */
const grace = 1500
const abortGrace = 400

/**
 * Everything that waits for one receiver, over all partitions of this process: one delivery at a time, spaced as the
 * receiver demands. Notifications about one alert keep their order; one that fails lets those about other alerts pass.
 * After a failure the whole receiver gets a pause that doubles, so that a dead receiver is not flooded.
 */
export class DeliveryQueue {
  readonly #notifier: Notifier
  readonly #options: DeliveryOptions
  readonly #items = new Set<Waiting>()
  #inFlight: InFlight | undefined
  #failures = 0
  #notBefore = 0
  #cancelTimer: (() => void) | undefined

  constructor(notifier: Notifier, options: DeliveryOptions) {
    this.#notifier = notifier
    this.#options = options
  }

  /** Queues rows behind those that are there. They must be durable. */
  add(entries: readonly OutboxEntry[], source: DeliverySource): void {
    for (const { key, row } of entries)
      this.#items.add({ key, row, source, attempts: row.attempts, notBefore: 0 })
    this.#schedule()
  }

  /** Takes one row of a source back, unless its delivery is under way. */
  remove(key: string, source: DeliverySource): void {
    for (const item of this.#items) {
      if (item.key === key && item.source === source && item !== this.#inFlight?.item)
        this.#items.delete(item)
    }
    this.#schedule()
  }

  /** Takes back everything of a source. Resolves within 2 s, when no delivery for it is under way any more. */
  async withdraw(source: DeliverySource): Promise<void> {
    for (const item of this.#items) {
      if (item.source === source && item !== this.#inFlight?.item) this.#items.delete(item)
    }
    const { clock } = this.#options
    const last = this.#inFlight
    if (last?.item.source === source) {
      await finishedWithin(last.done, grace, clock)
      last.abort.abort()
      await finishedWithin(last.done, abortGrace, clock)
      this.#items.delete(last.item)
    }
    this.#schedule()
  }

  /** Age of the oldest notification that waits, ms. */
  get oldestAge(): number {
    const now = this.#options.clock.now()
    let oldest = now
    for (const { row } of this.#items) oldest = Math.min(oldest, row.waitingSince ?? now)
    return now - oldest
  }

  /** Starts the next delivery if it is time, or sets the timer for it. */
  #schedule(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const { clock, metrics } = this.#options
    const receiver = this.#notifier.receiver
    const next = this.#inFlight ? undefined : this.#next()
    metrics.outbox_depth.set({ receiver }, this.#items.size)
    metrics.outbox_oldest_seconds.set({ receiver }, this.oldestAge / 1000)
    if (!next) return
    const wait = Math.max(next.notBefore, this.#notBefore) - clock.monotonic()
    if (wait > 0) this.#cancelTimer = clock.after(Math.min(wait, metricInterval), () => this.#schedule())
    else this.#start(next)
  }

  /** Of each alert only the oldest notification may go; of those, the one that was due first: one never tried, if any. */
  #next(): Waiting | undefined {
    const heads = new Map<string, Waiting>()
    // An update may replace the one right before it, but never one from before the alert resolved.
    const chained = new Set<string>()
    for (const item of this.#items) {
      const { alert } = item.row.notification
      const head = heads.get(alert.id)
      if (!head) heads.set(alert.id, item)
      else if (!chained.has(alert.id) && isUpdate(head) && isUpdate(item) && head.source === item.source) {
        this.#settle(head, { kind: 'superseded' })
        heads.set(alert.id, item)
      } else chained.add(alert.id)
    }
    let soonest: Waiting | undefined
    for (const head of heads.values()) {
      if (!soonest || head.notBefore < soonest.notBefore) soonest = head
    }
    return soonest
  }

  #start(item: Waiting): void {
    const { clock } = this.#options
    const abort = new AbortController()
    this.#notBefore = clock.monotonic() + this.#notifier.spacing
    const done = this.#deliver(item, abort.signal).then((delivery) => {
      this.#inFlight = undefined
      if (this.#items.has(item)) this.#judge(item, delivery)
      this.#schedule()
    })
    this.#inFlight = { item, abort, done }
  }

  async #deliver(item: Waiting, signal: AbortSignal): Promise<Delivery> {
    const { clock, metrics } = this.#options
    const receiver = this.#notifier.receiver
    const started = clock.monotonic()
    const delivery = await this.#attempt(item, signal)
    metrics.notification_seconds.observe({ receiver }, (clock.monotonic() - started) / 1000)
    metrics.notification_requests_total.inc({ receiver, outcome: delivery.kind })
    return delivery
  }

  async #attempt(item: Waiting, signal: AbortSignal): Promise<Delivery> {
    try {
      return await this.#notifier.deliver(item.row.notification, signal)
    } catch (error) {
      return { kind: 'retry', reason: messageOf(error) }
    }
  }

  #judge(item: Waiting, delivery: Delivery): void {
    if (delivery.kind === 'retry') {
      this.#postpone(item, delivery)
      return
    }
    this.#failures = 0
    if (delivery.kind === 'accepted') {
      this.#settle(item, { kind: 'delivered' })
      return
    }
    this.#report(item, `refused it for good: ${delivery.reason}`)
    this.#settle(item, { kind: 'rejected', reason: delivery.reason })
  }

  #postpone(item: Waiting, { reason, after }: Delivery & { kind: 'retry' }): void {
    const { clock, logger, maxAge = defaultMaxAge } = this.#options
    this.#failures++
    item.attempts++
    const asked = after === undefined ? undefined : Math.min(Math.max(after, 0), longestRetryAfter)
    const now = clock.monotonic()
    this.#notBefore = Math.max(this.#notBefore, now + (asked ?? this.#backOff(this.#failures)))
    item.notBefore = now + (asked ?? this.#backOff(item.attempts))
    const age = clock.now() - (item.row.waitingSince ?? clock.now())
    if (age >= maxAge && item.attempts >= leastAttempts) {
      this.#report(item, `has not taken it for too long; the last time: ${reason}`)
      this.#settle(item, { kind: 'expired', reason })
      return
    }
    const wait = Math.round(Math.max(item.notBefore, this.#notBefore) - now)
    logger.warn(
      { receiver: this.#notifier.receiver, alert: item.row.notification.alert.id, attempts: item.attempts },
      `receiver ${this.#notifier.receiver} did not take a notification: ${reason}; again in ${wait} ms`,
    )
    item.source.failed(item.key, reason)
  }

  #settle(item: Waiting, settlement: Settlement): void {
    this.#items.delete(item)
    this.#options.metrics.notifications_total.inc({
      receiver: this.#notifier.receiver,
      outcome: settlement.kind,
    })
    item.source.settled(item.key, settlement)
  }

  #report({ row }: Waiting, what: string): void {
    const receiver = this.#notifier.receiver
    const { alert, cause } = row.notification
    this.#options.logger.error(
      { receiver, alert: alert.id, cause },
      `receiver ${receiver} ${what}. The notification is kept as dead`,
    )
  }

  /** Doubles with every failure; half of it is left to chance, so that many senders do not come back together. */
  #backOff(failures: number): number {
    const { random = Math.random } = this.#options
    return Math.min(longestPause, firstPause * 2 ** (failures - 1)) * (0.5 + random() / 2)
  }
}

/** One queue per receiver: to be made once per process and shared by the tasks of all partitions. */
export function createDeliveryQueues(
  notifiers: readonly Notifier[],
  options: DeliveryOptions,
): ReadonlyMap<string, DeliveryQueue> {
  return new Map(notifiers.map((notifier) => [notifier.receiver, new DeliveryQueue(notifier, options)]))
}

/** An update says nothing that the next update does not say as well; a first one and a resolve are never left out. */
function isUpdate({ row }: Waiting): boolean {
  return row.notification.cause === 'level-rose' || row.notification.cause === 'repeat'
}

async function finishedWithin(work: Promise<void>, ms: number, clock: Clock): Promise<void> {
  const timer = new AbortController()
  await Promise.race([work, clock.sleep(ms, timer.signal)])
  timer.abort()
}

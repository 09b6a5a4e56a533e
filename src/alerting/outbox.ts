import type { Notification } from '../notify/notifier.ts'
import { KeyedState } from '../stream/keyed-state.ts'

/** One notification for one receiver, kept until the receiver has accepted it. */
export type OutboxRow = {
  readonly receiver: string
  readonly notification: Notification
  /** Rows are delivered in this order: offset of the record that caused it, then number among the rows of that record. */
  readonly order: readonly [offset: number, number: number]
  readonly status: 'waiting' | 'dead'
  /** Deliveries that failed so far. */
  readonly attempts: number
  /** Since when it could be delivered, ms since the epoch; null until its checkpoint is made. */
  readonly waitingSince: number | null
  /** Why the last delivery failed. */
  readonly reason: string | null
}

/** A row under its key, `receiver/notification key`. */
export type OutboxEntry = { readonly key: string; readonly row: OutboxRow }

/**
 * The notifications of one partition. Part of the task's states: a row is put in the checkpoint that covers its
 * detection, and only then handed out for delivery, so that a notification is neither lost nor sent for a detection that
 * will be processed again with another outcome.
 */
export class Outbox {
  readonly state = new KeyedState<OutboxRow>('outbox')
  #fresh: string[] = []

  put(row: Pick<OutboxRow, 'receiver' | 'notification' | 'order'>): void {
    const key = `${row.receiver}/${row.notification.key}`
    this.state.set(key, { ...row, status: 'waiting', attempts: 0, waitingSince: null, reason: null })
    this.#fresh.push(key)
  }

  /** The rows that were put since the last call; to be called when they are durable. `now`: ms since the epoch. */
  takeDurable(now: number): readonly OutboxEntry[] {
    const keys = this.#fresh
    this.#fresh = []
    return this.#startWaiting(keys, now)
  }

  /**
   * The rows to deliver after a restart, in order. One that its receiver had rejected gets another chance while it is
   * younger than `maxAge` (ms): what had to be mended may have been the reason for the restart.
   */
  takeRestored(now: number, maxAge: number): readonly OutboxEntry[] {
    const rows = [...this.state.entries()].filter(
      ([, { status, waitingSince }]) => status === 'waiting' || now - (waitingSince ?? now) < maxAge,
    )
    rows.sort(([, a], [, b]) => compareOrders(a.order, b.order))
    return this.#startWaiting(
      rows.map(([key]) => key),
      now,
    )
  }

  /** A delivery failed; it will be tried again. */
  noteFailure(key: string, reason: string): void {
    const row = this.state.get(key)
    if (row) this.state.set(key, { ...row, attempts: row.attempts + 1, reason })
  }

  /** Nobody will try again, except after a restart; the row stays until a later one about the alert is delivered. */
  bury(key: string, reason: string): void {
    const row = this.state.get(key)
    if (row) this.state.set(key, { ...row, status: 'dead', attempts: row.attempts + 1, reason })
  }

  /**
   * The receiver has it (`delivered`), or need not have it any more. Dead rows for it about the same alert that came before
   * one that was delivered go as well, for what they tell is out of date: delivered after a restart, one would open again
   * what a later one had closed. Answers the keys of all that was removed, its own last.
   */
  close(key: string, delivered: boolean): readonly string[] {
    const row = this.state.get(key)
    if (!row) return []
    const outdated = delivered ? [...this.state.entries()].filter(([, other]) => isOutdated(other, row)) : []
    const keys = [...outdated.map(([other]) => other), key]
    for (const closed of keys) this.state.delete(closed)
    return keys
  }

  /** Removes every row about an alert. Answers those that had still been waiting. */
  forget(alertId: string): readonly OutboxEntry[] {
    const rows = [...this.state.entries()].filter(([, row]) => row.notification.alert.id === alertId)
    for (const [key] of rows) this.state.delete(key)
    return rows.filter(([, { status }]) => status === 'waiting').map(([key, row]) => ({ key, row }))
  }

  #startWaiting(keys: readonly string[], now: number): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = []
    for (const key of keys) {
      const row = this.state.get(key)
      if (!row) continue
      const waiting = { ...row, status: 'waiting', waitingSince: row.waitingSince ?? now } as const
      this.state.set(key, waiting)
      entries.push({ key, row: waiting })
    }
    return entries
  }
}

function isOutdated({ status, receiver, notification, order }: OutboxRow, delivered: OutboxRow): boolean {
  const sameAlert = notification.alert.id === delivered.notification.alert.id
  const earlier = compareOrders(order, delivered.order) < 0
  return status === 'dead' && receiver === delivered.receiver && sameAlert && earlier
}

function compareOrders(a: OutboxRow['order'], b: OutboxRow['order']): number {
  return a[0] - b[0] || a[1] - b[1]
}

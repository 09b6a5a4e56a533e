import { compareLevels, type Level } from '../detection/detection.ts'
import type { Notification } from '../notify/notifier.ts'
import type { Alert } from './alert.ts'
import type { AlertChange } from './lifecycle.ts'
import type { Routing } from './routes.ts'

/** What a receiver was last told about an alert. */
export type Told = {
  readonly cause: Notification['cause']
  readonly level: Level
  /** Event time, ms. */
  readonly time: number
  /** How many notifications about the alert it has been sent, this one included. */
  readonly count: number
}

/** Whether a receiver is notified of a change, and why, or why not. Receiver null: nobody is, for that reason. */
export type Decision =
  | { readonly kind: 'notify'; readonly receiver: string; readonly cause: Notification['cause'] }
  | { readonly kind: 'silent'; readonly receiver: string | null; readonly reason: SilentReason }

/**
 * - `experimental`: the detector is being tried out, its alerts are recorded only
 * - `backfill`: the event was stored before the org was watched
 * - `no-route`, `below-level`: no route matches; or only at another level
 * - `already-sent`: the receiver knows
 * - `told-by-another`: the receiver has been told of an alert that says it as well, at this level or a higher one
 * - `harmless`: an analyst has said so, and it did not get worse
 * - `never-sent`: it resolved, and nobody had been told that it was open
 */
export type SilentReason =
  | 'experimental'
  | 'backfill'
  | 'no-route'
  | 'below-level'
  | 'already-sent'
  | 'told-by-another'
  | 'harmless'
  | 'never-sent'

/**
 * Decides for every receiver. `told` is what each receiver was last told about this alert, `others` of alerts that say what it
 * says.
 */
export function decide(
  change: AlertChange,
  routing: Routing,
  told: Readonly<Record<string, Told>>,
  others: readonly Readonly<Record<string, Told>>[] = [],
): readonly Decision[] {
  if (change.event === 'judged') return []
  if (change.event === 'resolved') return decideResolved(told)
  if (change.alert.latest.detector.status === 'experimental') return [nobody('experimental')]
  if (change.detection?.backfill) return [nobody('backfill')]
  if (routing.kind === 'unrouted') return [nobody(routing.reason)]
  return routing.receivers.map((receiver) => {
    if (told[receiver] === undefined && others.some((other) => hasBeenTold(other[receiver], change.alert)))
      return { kind: 'silent', receiver, reason: 'told-by-another' }
    return decideFor(receiver, change, told[receiver])
  })
}

function hasBeenTold(last: Told | undefined, { level }: Alert): boolean {
  return last !== undefined && last.cause !== 'resolved' && compareLevels(last.level, level) >= 0
}

/** Whoever was told that it is open learns that it is over, whatever the routes say by now. */
function decideResolved(told: Readonly<Record<string, Told>>): readonly Decision[] {
  const receivers = Object.entries(told)
  if (receivers.length === 0) return [nobody('never-sent')]
  return receivers.map(([receiver, { cause }]) =>
    cause === 'resolved'
      ? { kind: 'silent', receiver, reason: 'already-sent' }
      : { kind: 'notify', receiver, cause: 'resolved' },
  )
}

function decideFor(receiver: string, { alert, time }: AlertChange, last: Told | undefined): Decision {
  if (alert.status === 'open') {
    if (last === undefined) return { kind: 'notify', receiver, cause: 'first' }
    if (isHarmless(alert) && compareLevels(alert.level, last.level) <= 0)
      return { kind: 'silent', receiver, reason: 'harmless' }
    if (last.cause === 'resolved') return { kind: 'notify', receiver, cause: 'repeat' }
    if (compareLevels(alert.level, last.level) > 0) return { kind: 'notify', receiver, cause: 'level-rose' }
    if (time - last.time >= alert.latest.detector.repeat) return { kind: 'notify', receiver, cause: 'repeat' }
  }
  return { kind: 'silent', receiver, reason: 'already-sent' }
}

function isHarmless({ verdict }: Alert): boolean {
  return verdict !== undefined && verdict.word !== 'true_positive'
}

function nobody(reason: SilentReason): Decision {
  return { kind: 'silent', receiver: null, reason }
}

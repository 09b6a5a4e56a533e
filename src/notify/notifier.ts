import type { Alert } from '../alerting/alert.ts'
import type { Related } from '../alerting/related.ts'

/** Delivers notifications to one receiver. One implementation per kind of receiver. */
export interface Notifier {
  /** The receiver's name in the configuration. */
  readonly receiver: string
  /** Milliseconds that two deliveries must lie apart (the receiver's documented rate). */
  readonly spacing: number
  /** Sends one notification. Never throws: the outcome says whether to try again. */
  deliver(notification: Notification, signal: AbortSignal): Promise<Delivery>
}

/** What one receiver is to be told about one alert. */
export type Notification = {
  /** Stable over retries and restarts; receivers that can, use it to recognise a repetition. */
  readonly key: string
  /** The alert as it was when the notification was decided. */
  readonly alert: Alert
  readonly cause: 'first' | 'level-rose' | 'repeat' | 'resolved'
  /** What other detectors found about the same in the last week, the latest first; absent where nothing was. */
  readonly related?: readonly Related[]
}

/** What became of one attempt to deliver. */
export type Delivery =
  | { readonly kind: 'accepted' }
  /** Try again, no earlier than `after` ms from now if given. */
  | { readonly kind: 'retry'; readonly reason: string; readonly after?: number }
  /** Trying again would not help. The reason says what to mend. */
  | { readonly kind: 'rejected'; readonly reason: string }

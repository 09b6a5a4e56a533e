import type { Scheduler } from 'faye/src/protocol/client.js'
import { hour } from '../../duration.ts'

/**
 * A scheduler for faye's client that sends each message once. It never finds an answer late: the connection does, which sees
 * the bytes come, and the session ends with that.
 */
export class SingleAttempt implements Scheduler {
  #isSent = false

  getTimeout(): number {
    return (24 * hour) / 1000
  }

  /** Zero, since faye would keep a timer for this long after a failure. */
  getInterval(): number {
    return 0
  }

  isDeliverable(): boolean {
    return !this.#isSent
  }

  send(): void {
    this.#isSent = true
  }

  fail(): void {}

  succeed(): void {}

  abort(): void {}
}

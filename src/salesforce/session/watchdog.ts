import type { Message, Scheduler } from 'faye/src/protocol/client.js'

export type WatchdogOptions = {
  /** How long the answer to this message may take, ms. */
  readonly limitOf: (message: Message) => number
  /** The message got no answer. */
  readonly onSilence: (message: Message) => void
}

/** A scheduler class for faye's client that sends each message once and reports the one whose answer does not come in time. */
export function createWatchdog({ limitOf, onSilence }: WatchdogOptions): new (message: Message) => Scheduler {
  return class {
    readonly #message: Message
    #isSent = false

    constructor(message: Message) {
      this.#message = message
    }

    getTimeout(): number {
      return limitOf(this.#message) / 1000
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

    fail(): void {
      onSilence(this.#message)
    }

    succeed(): void {}

    abort(): void {}
  }
}

import type { Clock } from './clock.ts'
import { second } from './duration.ts'
import { ForcewatchError } from './errors.ts'

export type RetryOptions = {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told before each pause, with the pause in ms. */
  readonly onRetry: (error: ForcewatchError, wait: number) => void
}

const firstWait = second / 4
const longestWait = 5 * second

/**
 * Repeats an action while it fails with a retryable error, after pauses that double from 250 ms to 5 s. Throws the last error
 * once the signal has aborted, and any other error at once.
 */
export async function retrying<T>(
  action: () => Promise<T>,
  { clock, signal, onRetry }: RetryOptions,
): Promise<T> {
  for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof ForcewatchError && error.retryable) || signal.aborted) throw error
      onRetry(error, wait)
      await clock.sleep(wait, signal)
      if (signal.aborted) throw error
    }
  }
}

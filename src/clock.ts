import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

/** Cancels a timer; calling it again does nothing. */
export type Cancel = () => void

/** The only source of time. Everything else receives one of these, or a time as an argument. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds of a clock that never jumps; only differences mean anything. */
  monotonic(): number
  /** Resolves after `ms`, or at once when the signal aborts (it never rejects: look at the signal afterwards). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `callback` once after `ms`. A timer does not keep the process alive. */
  after(ms: number, callback: () => void): Cancel
  /** Calls `callback` every `ms`. A timer does not keep the process alive. */
  every(ms: number, callback: () => void): Cancel
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return
    await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined)
  },
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref()
    return () => clearTimeout(timer)
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms).unref()
    return () => clearInterval(timer)
  },
}

/** A clock that stands still until told otherwise: for tests, replay and backtests. */
export interface ManualClock extends Clock {
  /** Moves forward by `ms` and runs every timer that falls due, in order. */
  advance(ms: number): void
  /** Moves forward to `time` (ms since the epoch); a time in the past is ignored. */
  advanceTo(time: number): void
}

type Timer = { due: number; interval: number | undefined; callback: () => void }

/** A manual clock that shows `start`, ms since the epoch. */
export function createManualClock(start = 0): ManualClock {
  let now = start
  const timers = new Set<Timer>()

  function schedule(ms: number, callback: () => void, interval?: number): Cancel {
    const timer: Timer = { due: now + ms, interval, callback }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  function earliestDue(limit: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of timers) if (timer.due <= limit && (!first || timer.due < first.due)) first = timer
    return first
  }

  function advanceTo(time: number): void {
    for (let timer = earliestDue(time); timer; timer = earliestDue(time)) {
      now = Math.max(now, timer.due)
      if (timer.interval === undefined) timers.delete(timer)
      else timer.due += timer.interval
      timer.callback()
    }
    now = Math.max(now, time)
  }

  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const cancel = schedule(ms, resolve)
        const give = () => {
          cancel()
          resolve()
        }
        signal?.addEventListener('abort', give, { once: true })
      }),
    after: schedule,
    every: (ms, callback) => schedule(ms, callback, ms),
    advance: (ms) => advanceTo(now + ms),
    advanceTo,
  }
}

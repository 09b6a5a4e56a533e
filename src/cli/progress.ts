import type { Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { formatDuration, second } from '../duration.ts'

export type ProgressOptions = {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly clock: Clock
  /** From 0 to 1; undefined when nobody knows how much there is. */
  readonly share: () => number | undefined
}

export interface Progress {
  /** Says how many events have been read. */
  update(events: number): void
  /** Takes the bar away. */
  end(): void
}

/** On a terminal a line changes twice a second; elsewhere there is a line every ten seconds. */
const redraw = second / 2
const report = 10 * second
const barWidth = 24

/** Tells on a stream how far a long command has come, how fast it is and how long it will still take. */
export function showProgress({ stream, clock, share }: ProgressOptions): Progress {
  const started = clock.monotonic()
  const isTerminal = stream.isTTY === true
  let events = 0
  const cancel = clock.every(isTerminal ? redraw : report, () => {
    const line = describe(events, share(), clock.monotonic() - started, isTerminal)
    stream.write(isTerminal ? `\r${line}\u001b[K` : `${line}\n`)
  })
  return {
    update(count) {
      events = count
    },
    end() {
      cancel()
      if (isTerminal) stream.write('\r\u001b[K')
    },
  }
}

function describe(events: number, share: number | undefined, elapsed: number, withBar: boolean): string {
  const rate = events / Math.max(elapsed / second, 0.001)
  const read = `${events.toLocaleString('en')} events, ${Math.round(rate).toLocaleString('en')}/s`
  if (share === undefined) return read
  const percent = `${Math.floor(100 * share)} %`
  const left = share > 0 ? (elapsed * (1 - share)) / share : undefined
  const remaining = left === undefined ? '' : `, ${formatDuration(roundUp(left))} left`
  const filled = Math.round(barWidth * share)
  const bar = withBar ? `[${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}] ` : ''
  return `${bar}${percent.padStart(5)}  ${read}${remaining}`
}

function roundUp(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / second)) * second
}

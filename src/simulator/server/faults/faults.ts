import type { Clock } from '../../../clock.ts'
import { type BayeuxMessage, replayIdOf } from '../bayeux-message.ts'
import type { Fault, FaultEffect, FaultMoment, FaultTarget } from './fault.ts'
import { type FaultKind, faultTable } from './fault-table.ts'

/** Which fault, where and how often. */
export type FaultRequest = {
  readonly kind: FaultKind
  /** Only for this channel (faults of `/meta/subscribe`). */
  readonly channel?: string
  /** Only for requests with such a message (faults of any request). */
  readonly message?: '/meta/handshake' | '/meta/subscribe' | '/meta/connect'
  /** How often it strikes; default once, or any number of times while it lasts. */
  readonly times?: number
  /** When it is over, however often it has struck, ms from now; default never. */
  readonly lasts?: number
}

/** Faults that wait for their moment. */
export interface Faults {
  /** Arms a fault, or strikes at once if its moment is `now`. */
  inject(request: FaultRequest): void
  clear(): void
  /** Whether none waits for its moment. */
  readonly areOver: boolean
  /** The effect of the first armed fault of this moment that fits; it has then struck once. */
  take(moment: FaultMoment, message?: BayeuxMessage): FaultEffect | undefined
}

type Armed = { readonly request: FaultRequest; readonly until: number; left: number }

/** `onArmed` is called when a fault was armed, so that requests being held can meet it. */
export function createFaults(
  target: FaultTarget,
  clock: Clock,
  onArmed: (moment: FaultMoment) => void,
): Faults {
  let armed: Armed[] = []
  const isOver = ({ left, until }: Armed) => left <= 0 || clock.monotonic() >= until
  return {
    inject(request) {
      const { kind, lasts, times = lasts === undefined ? 1 : Number.POSITIVE_INFINITY } = request
      const fault: Fault = faultTable[kind]
      if (fault.at === 'now') {
        fault.strike(undefined, target, lasts ?? 0)
        return
      }
      armed.push({
        request,
        left: times,
        until: lasts === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + lasts,
      })
      onArmed(fault.at)
    },
    clear() {
      armed = []
    },
    get areOver() {
      return armed.every(isOver)
    },
    take(moment, message) {
      armed = armed.filter((waiting) => !isOver(waiting))
      const found = armed.find(({ request }) => fits(request, moment, message))
      if (!found) return undefined
      found.left--
      const { kind, lasts = 0 } = found.request
      const fault: Fault = faultTable[kind]
      return fault.strike(message, target, lasts)
    },
  }
}

function fits(request: FaultRequest, moment: FaultMoment, message: BayeuxMessage | undefined): boolean {
  if (faultTable[request.kind].at !== moment) return false
  if (request.message !== undefined && request.message !== message?.channel) return false
  if (request.channel !== undefined && request.channel !== message?.subscription) return false
  return request.kind !== 'invalid-replay-id' || (replayIdOf(message) ?? -1) >= 0
}

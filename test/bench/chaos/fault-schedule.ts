import { second } from '../../../src/duration.ts'
import type { Random } from '../../../src/simulator/random.ts'
import type { Fault } from '../../../src/simulator/server/faults/fault.ts'
import { type FaultKind, faultTable } from '../../../src/simulator/server/faults/fault-table.ts'
import type { FaultRequest } from '../../../src/simulator/server/faults/faults.ts'

/** What strikes at one instant: a fault with whatever makes it strike now, or two of them. */
export type Blow = {
  readonly faults: readonly FaultRequest[]
  readonly name: string
  /** How long it goes on, ms; 0 when it strikes once. */
  readonly lasts: number
  /** Whether nothing but silence tells of it. */
  readonly isSilent: boolean
  /** Faults in it, without what only makes them strike. */
  readonly count: number
}

/** An hour or a person has to pass before these are over, or they lose what no client can get back. */
export const leftOut: ReadonlySet<FaultKind> = new Set([
  'token-not-approved',
  'token-inactive-user',
  'handshake-403',
  'handshake-crowded',
  'handshake-denied',
  'connect-daily-limit',
  'create-denied',
  'subscribe-denied',
  'subscribe-no-access',
  'subscribe-missing',
  'subscribe-404',
  'subscribe-daily-limit',
  'subscribe-topic-limit',
  'stream-reset',
  'event-lost',
])

const silent: ReadonlySet<FaultKind> = new Set([
  'token-silent',
  'half-open',
  'body-stalled',
  'body-dripping',
  'answer-lost',
])

/** Faults that are over soon after they have struck. */
export const kinds = (Object.keys(faultTable) as FaultKind[]).filter((kind) => !leftOut.has(kind))
/**
 * How long a fault that strikes once waits for its moment, ms. One that finds nobody to strike is over: otherwise those that come
 * while we pause would pile up, and strike one session after the other.
 */
const chance = 1 * second
/** Chance of a second fault at the same instant, and of a fault that goes on for a while. */
const chanceOfPair = 0.25
const chanceOfLasting = 0.2

/** The next blow of a run. */
export function nextBlow(random: Random, channels: readonly string[]): Blow {
  const chosen = [random.pick(kinds), ...(random.chance(chanceOfPair) ? [random.pick(kinds)] : [])]
  const parts = chosen.map((kind) => toPart(kind, random, channels))
  return {
    faults: parts.flatMap(({ faults }) => faults),
    name: chosen.join(' + '),
    lasts: Math.max(...parts.map(({ lasts }) => lasts)),
    isSilent: chosen.some((kind) => silent.has(kind)),
    count: chosen.length,
  }
}

/** One fault alone, which strikes once, or any number of times while it lasts, ms. */
export function singleBlow(kind: FaultKind, channel: string, lasts = kind === 'outage' ? second : 0): Blow {
  const { at }: Fault = faultTable[kind]
  const fault: FaultRequest = {
    kind,
    ...(lasts > 0 ? { lasts } : { times: 1 }),
    ...(at === '/meta/subscribe' && { channel }),
  }
  const faults = [fault, ...triggerOf(kind, at)]
  return { faults, name: kind, lasts, isSilent: silent.has(kind), count: 1 }
}

function toPart(kind: FaultKind, random: Random, channels: readonly string[]) {
  const { at }: Fault = faultTable[kind]
  const mayLast =
    kind === 'outage' ||
    (at !== 'now' &&
      at !== 'delivery' &&
      !silent.has(kind) &&
      kind !== 'invalid-replay-id' &&
      kind !== 'replay-map-missing')
  const lasts =
    kind === 'outage' || (mayLast && random.chance(chanceOfLasting)) ? random.between(0.3, 3) * second : 0
  const channel = at === '/meta/subscribe' ? random.pick(channels) : undefined
  const fault: FaultRequest = {
    kind,
    ...(lasts === 0 ? { times: 1, lasts: chance } : { lasts }),
    ...(channel === undefined ? {} : { channel }),
  }
  return { lasts, faults: [fault, ...triggerOf(kind, at)] }
}

/** What brings a moment about that would not come by itself. */
function triggerOf(kind: FaultKind, at: Fault['at']): readonly FaultRequest[] {
  if (at === 'token') return [{ kind: 'token-revoked' }]
  if (at === '/meta/handshake' || at === '/meta/subscribe' || kind === 'silent-backlog')
    return [{ kind: 'unknown-client' }]
  return []
}

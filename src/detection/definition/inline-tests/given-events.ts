import { day, hour, second } from '../../../duration.ts'
import type { GivenEvents } from './inline-test-schema.ts'

/** When every inline test starts: a Monday, 00:00 UTC. */
export const testStart = Date.UTC(2026, 0, 5)

export type GivenEvent = {
  readonly time: number
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** The events of a test in the order of time, and when the first one of its last entry happens. */
export type Expanded = { readonly events: readonly GivenEvent[]; readonly start: number }

/** Expands entries. The same entries always give the same events, and in one expansion the very same objects. */
export function createExpansion(): (given: readonly GivenEvents[]) => Expanded {
  const known = new Map<string, readonly GivenEvent[]>()
  function expand(entry: GivenEvents, index: number): readonly GivenEvent[] {
    const key = JSON.stringify([index, entry])
    const events = known.get(key) ?? [...expandEntry(entry, index)]
    known.set(key, events)
    return events
  }
  return (given) => {
    const entries = given.map(expand)
    const start = entries.at(-1)?.reduce((first, { time }) => Math.min(first, time), Number.POSITIVE_INFINITY)
    return { events: entries.flat().sort((a, b) => a.time - b.time), start: start ?? 0 }
  }
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

function* expandEntry(entry: GivenEvents, seed: number): Generator<GivenEvent> {
  const random = createRandom(seed)
  const fields = Object.entries(entry.fields).map(
    ([name, value]): FieldFiller => [name.replace(/^raw\./, ''), fillerOf(value)],
  )
  for (let entity = 1; entity <= entry.entities; entity++) {
    let number = 0
    for (const time of timesOf(entry, random)) {
      number++
      yield { time, type: entry.event, payload: payloadOf(fields, { time, number, entity, random }) }
    }
  }
}

function* timesOf({ at, count, every, hours, days, weekdays: only }: GivenEvents, random: () => number) {
  for (let index = 0; index < days; index++) {
    const start = testStart + at + index * day
    const weekday = weekdays[Math.floor((start - testStart) / day) % 7]
    if (only && weekday && !only.includes(weekday)) continue
    if (!hours) {
      for (let repetition = 0; repetition < count; repetition++) yield start + repetition * (every ?? second)
      continue
    }
    for (let from = hours.from; from < hours.to; from += hour) {
      for (let repetition = 0; repetition < count; repetition++)
        yield start + from + Math.floor(random() * hour)
    }
  }
}

type Occasion = {
  readonly time: number
  readonly number: number
  readonly entity: number
  readonly random: () => number
}

type FieldFiller = readonly [name: string, fill: (occasion: Occasion) => unknown]

function payloadOf(fields: readonly FieldFiller[], occasion: Occasion): Record<string, unknown> {
  const { time, number, entity } = occasion
  const own: Record<string, unknown> = {}
  for (const [name, fill] of fields) own[name] = fill(occasion)
  const user = own.UserId ?? 'u1'
  return {
    EventDate: new Date(time).toISOString(),
    EventIdentifier: `test-${time}-${entity}-${number}`,
    UserId: user,
    Username: `${user}@example.com`,
    UserType: 'Standard',
    SourceIp: '203.0.113.10',
    LoginKey: `login-${user}`,
    ...own,
  }
}

/** Looked at once, not for each of thousands of events. */
function fillerOf(value: unknown): (occasion: Occasion) => unknown {
  if (typeof value !== 'string') return () => value
  const [, low, high] = /^(\d+)\.\.(\d+)$/.exec(value) ?? []
  if (low !== undefined) {
    const [first, span] = [Number(low), Number(high) - Number(low) + 1]
    return ({ random }) => first + Math.floor(random() * span)
  }
  if (!/\{[ne]\}/.test(value)) return () => value
  return ({ number, entity }) => value.replaceAll('{n}', String(number)).replaceAll('{e}', String(entity))
}

/** Mulberry32: uniform in [0, 1), the same sequence for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

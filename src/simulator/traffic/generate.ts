import { day, minute } from '../../duration.ts'
import { createRandom } from '../random.ts'
import type { Act } from './act.ts'
import { startOfDay } from './calendar.ts'
import { createLives } from './lives/lives.ts'
import type { Machine } from './machine.ts'
import { createMachines } from './machines.ts'
import type { SimulatedOrg } from './org.ts'
import type { SimulatedEvent } from './payload.ts'
import { planPeople } from './people.ts'
import { createRecorder } from './recorder.ts'

export type TrafficOptions = {
  readonly org: SimulatedOrg
  readonly seed: string
  /** First and last moment of publication, ms since the epoch; without an end it goes on for ever. */
  readonly from: number
  readonly to?: number
}

const slot = 10 * minute

/**
 * The normal traffic of an org in the order of publication; EventDate lies 2–10 s (rarely up to two minutes) earlier. The same
 * org, seed and start give the same events. Memory holds one day of plans and the events of series under way.
 */
export function* generateTraffic({
  org,
  seed,
  from,
  to = Number.POSITIVE_INFINITY,
}: TrafficOptions): Generator<SimulatedEvent> {
  const recorder = createRecorder(createRandom(`${seed}/traffic/${from}`))
  const lives = createLives(org)
  let machines: readonly Machine[] = []
  // The people's day is planned whole; work that began before `from` is planned as well, and its early part skipped.
  let acts: Act[] = []
  let pending: SimulatedEvent[] = []
  for (let start = startOfDay(from); start < to; start += slot) {
    if (start % day === 0) {
      const today = lives.on(start)
      acts = [...acts, ...planPeople(org, today, recorder, start)]
      machines = createMachines(today, recorder)
    }
    const due = acts.filter(({ time }) => time < start + slot)
    acts = acts.filter(({ time }) => time >= start + slot)
    if (start + slot > from) for (const machine of machines) due.push(...machine.plan(start, start + slot))
    due.sort((left, right) => left.time - right.time)
    for (const act of due) for (const event of act.run()) pending.push(event)
    pending.sort((left, right) => left.time - right.time)
    const ready = pending.findIndex(({ time }) => time >= start + slot)
    const count = ready < 0 ? pending.length : ready
    for (let index = 0; index < count; index++) {
      const event = pending[index]
      if (event && event.time >= from && event.time < to) yield event
    }
    pending = pending.slice(count)
  }
}

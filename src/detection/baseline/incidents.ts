import { day } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Teaching } from './model.ts'

/** What an analyst says about an episode. */
export type VerdictWord = 'expected' | 'true_positive'

/** An episode of an entity as far as learning is concerned. Saved as JSON. */
export type Incident = {
  readonly episode: string
  /** When it fired first, and when it was last remarkable, ms. */
  readonly since: number
  last: number
  /** What the baseline knew of the entity when it began; as its state lays it out. */
  readonly before: readonly number[]
  /** Per window the most that was observed in it. */
  readonly peaks: number[]
  /** Fixed windows that held more than they taught, the largest of them. */
  readonly withheld: Withheld[]
  verdict: VerdictWord | null
  /** Per window the most that is granted to it, should it go on after an analyst said that it is expected. */
  granted?: readonly number[]
}

/** The fixed window number `k` that starts at `start` (ms) held `amount`; of a ratio, hits among so many `trials`. */
export type Withheld = {
  readonly k: number
  readonly start: number
  readonly amount: number
  readonly trials: number
}

/** An analyst may take so long; older episodes are forgotten. */
const judgedWithin = 14 * day
const maxIncidents = 4
const maxWithheld = 64
/** An episode that is expected may grow by this factor over what the analyst saw: beyond it is something else. */
const grantedGrowth = 10

/**
 * The recent episodes of the entities that fired: what learning held back, and what the baseline was before, so that an
 * analyst's verdict can give the one or return to the other.
 */
export class Incidents {
  readonly #byEntity: KeyedState<Incident[]>

  constructor(section: string) {
    this.#byEntity = new KeyedState(section)
  }

  get state(): DurableState {
    return this.#byEntity
  }

  get isEmpty(): boolean {
    return this.#byEntity.size === 0
  }

  /** The episode goes on at `time`, its windows holding `observed`; `before` is asked for when it is new. */
  note(
    key: string,
    { episode, time, observed }: { episode: string; time: number; observed: readonly number[] },
    before: () => readonly number[],
  ): Incident {
    const incidents = this.#byEntity.get(key) ?? []
    let incident = incidents.findLast((one) => one.episode === episode)
    if (!incident) {
      const peaks = observed.map(() => 0)
      incident = { episode, since: time, last: time, before: before(), peaks, withheld: [], verdict: null }
      incidents.push(incident)
      if (incidents.length > maxIncidents) incidents.shift()
    }
    incident.last = Math.max(incident.last, time)
    for (const [k, amount] of observed.entries()) {
      const most = Math.min(amount, incident.granted?.[k] ?? amount)
      incident.peaks[k] = Math.max(incident.peaks[k] ?? 0, most)
    }
    this.#byEntity.set(key, incidents)
    return incident
  }

  /** What an analyst has said about whatever fired in [start, end); null when nothing did or nobody said a word. */
  verdictIn(key: string, start: number, end: number): VerdictWord | null {
    return this.#in(key, start, end)?.verdict ?? null
  }

  /** Notes that a fixed window of `length` ms taught as `teaching` says, should it belong to an episode. */
  noteTaught(key: string, window: Withheld, length: number, teaching: Teaching): void {
    if (teaching === 'raw') return
    const incident = this.#in(key, window.start, window.start + length)
    if (!incident) return
    const { withheld } = incident
    withheld.push(window)
    if (withheld.length > maxWithheld) withheld.splice(smallestOf(withheld), 1)
    this.#byEntity.touch(key)
  }

  /** Takes a verdict. Answers the episode with what was held back so far, which it then forgets; null if it is unknown. */
  judge(key: string, episode: string, verdict: VerdictWord): Incident | null {
    const incident = this.#byEntity.get(key)?.find((one) => one.episode === episode)
    if (!incident || incident.verdict === verdict) return null
    incident.verdict = verdict
    if (verdict === 'expected') incident.granted = incident.peaks.map((peak) => grantedGrowth * peak)
    else delete incident.granted
    const judged = { ...incident, withheld: [...incident.withheld] }
    incident.withheld.length = 0
    this.#byEntity.touch(key)
    return judged
  }

  /** The time of `key` has come to `time`: forgets what nobody will judge any more. */
  expire(timeOf: (key: string) => number | undefined): void {
    for (const [key, incidents] of this.#byEntity.entries()) {
      const time = timeOf(key)
      if (time === undefined || incidents.every(({ last }) => time - last > judgedWithin))
        this.#byEntity.delete(key)
    }
  }

  #in(key: string, start: number, end: number): Incident | undefined {
    return this.#byEntity.get(key)?.findLast(({ since, last }) => end > since && start <= last)
  }
}

function smallestOf(withheld: readonly Withheld[]): number {
  let smallest = 0
  for (const [i, { amount }] of withheld.entries())
    if (amount < (withheld[smallest] as Withheld).amount) smallest = i
  return smallest
}

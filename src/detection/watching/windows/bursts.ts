import { minute } from '../../../duration.ts'
import type { Firing } from '../../definition/detector.ts'
import type { OrgTime } from '../../org-time.ts'

/** Rows whose bursts are followed at the same time. */
const places = 512
/** Position of the numbers of a burst, which lie side by side; times in ms. */
const cell = { row: 0, group: 1, watermark: 2, end: 3, room: 4, amount: 5, last: 6 } as const
const stride = 8

/** What an event is held against. While none of it changes, only the amount matters. */
export type Footing = {
  readonly row: number
  readonly group: number
  readonly firing: Firing
  readonly org: OrgTime
}

/** What an entity did within one minute that is not counted yet. */
export type Burst = {
  readonly row: number
  readonly org: OrgTime
  readonly amount: number
  /** Time of the newest event, ms. */
  readonly last: number
}

/**
 * Events of programs come in bursts, each as ordinary as the one before. What follows within the same minute on the same
 * footing, and is too little to matter, is only added up here, to be counted at once. Whoever looks at rows takes what waits of
 * them first, so that nobody can tell the difference.
 */
export class Bursts {
  readonly #cells = new Float64Array(places * stride)
  readonly #firings: (Firing | undefined)[] = new Array(places).fill(undefined)
  readonly #orgs: (OrgTime | undefined)[] = new Array(places).fill(undefined)
  /** Places where something waits, or did. */
  #waiting: number[] = []

  constructor() {
    for (let place = 0; place < places; place++) this.#cells[place * stride + cell.row] = -1
  }

  /** Adds what came at `time` (ms) to a burst. False when there is none that it fits into: it must be looked at by itself. */
  add({ row, group, firing, org }: Footing, time: number, amount: number): boolean {
    const cells = this.#cells
    const place = row % places
    const at = place * stride
    const together = (cells[at + cell.amount] as number) + amount
    const fits =
      cells[at + cell.row] === row &&
      cells[at + cell.group] === group &&
      cells[at + cell.watermark] === org.watermark &&
      time >= (cells[at + cell.last] as number) &&
      time < (cells[at + cell.end] as number) &&
      together < (cells[at + cell.room] as number) &&
      Number.isInteger(amount) &&
      this.#firings[place] === firing
    if (!fits) return false
    if (together === amount) this.#waiting.push(place)
    cells[at + cell.amount] = together
    cells[at + cell.last] = time
    return true
  }

  /** Whether the entity comes again: most do something once and then nothing for a while. From now on it is expected. */
  expects(row: number): boolean {
    const at = (row % places) * stride
    const isExpected = this.#cells[at + cell.row] === row
    this.#cells[at + cell.row] = row
    return isExpected
  }

  /** Begins a burst with an entity that was looked at, at `time` (ms): less than `room` more would be as ordinary. */
  begin({ row, group, firing, org }: Footing, time: number, room: number): void {
    const cells = this.#cells
    const place = row % places
    const at = place * stride
    cells[at + cell.row] = row
    cells[at + cell.room] = room
    cells[at + cell.group] = group
    cells[at + cell.watermark] = org.watermark
    cells[at + cell.end] = (Math.floor(time / minute) + 1) * minute
    cells[at + cell.last] = time
    this.#firings[place] = firing
    this.#orgs[place] = org
  }

  /** Ends the burst of an entity, or of the one in whose place it comes. Answers what waits to be counted of it; null for nothing. */
  take(row: number): Burst | null {
    return this.#end(row % places)
  }

  /** The same of all entities. */
  takeAll(): readonly Burst[] {
    if (this.#waiting.length === 0) return nothing
    const taken = this.#waiting.flatMap((place) => this.#end(place) ?? [])
    this.#waiting = []
    return taken
  }

  #end(place: number): Burst | null {
    const cells = this.#cells
    const at = place * stride
    const amount = cells[at + cell.amount] as number
    cells[at + cell.amount] = 0
    cells[at + cell.room] = 0
    if (!(amount > 0)) return null
    const [row, last] = [cells[at + cell.row] as number, cells[at + cell.last] as number]
    return { row, org: this.#orgs[place] as OrgTime, amount, last }
  }
}

const nothing: readonly Burst[] = []

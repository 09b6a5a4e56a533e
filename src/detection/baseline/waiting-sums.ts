import { withRoomFor } from '../entities/growing.ts'

/** Where each row keeps a number for {@link WaitingSums}; 0 until it is set. */
export type Heads = { get(row: number): number; set(row: number, head: number): void }

/** What a fixed window (the `index`-th of its length since the epoch) of window number `k` holds so far. */
export type WaitingSum = { readonly k: number; readonly index: number; readonly amount: number }

/**
 * Sums of fixed windows that wait to be learned, a few for each row whose entity was active in the last hours: lists in one
 * pool, since most rows have none.
 */
export class WaitingSums {
  /** Per row the first of its list plus one; 0 is none. */
  readonly #first: Heads
  #next = new Int32Array(16)
  #k = new Uint8Array(16)
  #index = new Float64Array(16)
  #amount = new Float64Array(16)
  #end = 0
  /** The first unused place plus one. */
  #free = 0

  constructor(heads: Heads) {
    this.#first = heads
  }

  has(row: number): boolean {
    return this.#first.get(row) !== 0
  }

  add(row: number, k: number, index: number, amount: number): void {
    let place = this.#find(row, k, index)
    if (place < 0) place = this.#insert(row, k, index)
    this.#amount[place] = (this.#amount[place] as number) + amount
  }

  get(row: number, k: number, index: number): number {
    const place = this.#find(row, k, index)
    return place < 0 ? 0 : (this.#amount[place] as number)
  }

  /** Takes the sums of window `k` with an index up to `last` out of the list; answers them in the order of time. */
  take(row: number, k: number, last: number): WaitingSum[] {
    const taken: WaitingSum[] = []
    let previous = -1
    for (let place = this.#firstOf(row); place >= 0; ) {
      const following = (this.#next[place] as number) - 1
      if (this.#k[place] === k && (this.#index[place] as number) <= last) {
        taken.push(this.#at(place))
        this.#unlink(row, previous, place)
      } else previous = place
      place = following
    }
    return taken.sort((a, b) => a.index - b.index)
  }

  /** Everything that waits for a row, ordered. */
  of(row: number): WaitingSum[] {
    const found: WaitingSum[] = []
    for (let place = this.#firstOf(row); place >= 0; place = (this.#next[place] as number) - 1)
      found.push(this.#at(place))
    return found.sort((a, b) => a.k - b.k || a.index - b.index)
  }

  count(row: number): number {
    let count = 0
    for (let place = this.#firstOf(row); place >= 0; place = (this.#next[place] as number) - 1) count++
    return count
  }

  clear(row: number): void {
    while (this.has(row)) this.#unlink(row, -1, this.#firstOf(row))
  }

  #firstOf(row: number): number {
    return this.#first.get(row) - 1
  }

  #at(place: number): WaitingSum {
    return {
      k: this.#k[place] as number,
      index: this.#index[place] as number,
      amount: this.#amount[place] as number,
    }
  }

  #find(row: number, k: number, index: number): number {
    let place = this.#firstOf(row)
    while (place >= 0 && (this.#index[place] !== index || this.#k[place] !== k))
      place = (this.#next[place] as number) - 1
    return place
  }

  #insert(row: number, k: number, index: number): number {
    let place = this.#free - 1
    if (place >= 0) this.#free = this.#next[place] as number
    else {
      place = this.#end++
      this.#next = withRoomFor(this.#next, place)
      this.#k = withRoomFor(this.#k, place)
      this.#index = withRoomFor(this.#index, place)
      this.#amount = withRoomFor(this.#amount, place)
    }
    this.#k[place] = k
    this.#index[place] = index
    this.#amount[place] = 0
    this.#next[place] = this.#first.get(row)
    this.#first.set(row, place + 1)
    return place
  }

  #unlink(row: number, previous: number, place: number): void {
    const following = this.#next[place] as number
    if (previous < 0) this.#first.set(row, following)
    else this.#next[previous] = following
    this.#next[place] = this.#free
    this.#free = place + 1
  }
}

import type { Blow } from './fault-schedule.ts'

/** A blow that has been got over, or several that came before that. */
export type Recovery = {
  readonly names: readonly string[]
  /** From the end of the last fault until every event published by then was safe, ms. */
  readonly took: number
  readonly isSilent: boolean
}

/** Watches which events are safe, and how long it takes after each fault until all of them are. */
export class Recoveries {
  readonly finished: Recovery[] = []
  /** Numbers of the events that are published and not safe, in the order of publication. */
  readonly #unsafe = new Set<number>()
  #newest = -1
  #open: { readonly blows: Blow[]; end: number; lastNeeded: number | undefined } | undefined

  published(number: number): void {
    this.#newest = number
    this.#unsafe.add(number)
  }

  /** Events have become safe; one that was safe before may come again. */
  safe(numbers: readonly number[], now: number): void {
    for (const number of numbers) this.#unsafe.delete(number)
    this.#check(now)
  }

  struck(blow: Blow, now: number): void {
    this.#check(now)
    const open = this.#open ?? { blows: [], end: 0, lastNeeded: undefined }
    open.blows.push(blow)
    open.end = Math.max(open.end, now + blow.lasts)
    open.lastNeeded = undefined
    this.#open = open
  }

  /** Events that are published and not safe. */
  get missing(): number {
    return this.#unsafe.size
  }

  #check(now: number): void {
    const open = this.#open
    if (!open || now < open.end) return
    open.lastNeeded ??= this.#newest
    const [oldest = Number.POSITIVE_INFINITY] = this.#unsafe
    if (oldest <= open.lastNeeded) return
    this.finished.push({
      names: open.blows.map(({ name }) => name),
      took: now - open.end,
      isSilent: open.blows.some(({ isSilent }) => isSilent),
    })
    this.#open = undefined
  }
}

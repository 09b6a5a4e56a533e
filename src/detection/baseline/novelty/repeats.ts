import { hour } from '../../../duration.ts'
import type { MemoryTable } from './memory-table.ts'

const places = 8192
/** Number and version of a memory, the hour, two words of what was brought, the answer; two unused. */
const stride = 8

/**
 * What entities brought of late that changed nothing in their memories: who brings the same again within the hour, with a memory
 * that is the same, changes nothing either, and gets the same answer. That holds for nearly every event. A cache and nothing
 * else: forgetting changes no answer.
 */
export class Repeats {
  readonly #cells = new Int32Array(places * stride).fill(-1)

  /**
   * The answer to the same before, undefined when there is none: for the memory that was asked for last, at `time` (ms). `print` and
   * `check`: two words that identify what it brings.
   */
  answer({ at, version }: MemoryTable, time: number, print: number, check: number): number | undefined {
    const cells = this.#cells
    const place = placeOf(at, print)
    const isSame =
      cells[place] === at &&
      cells[place + 1] === version &&
      cells[place + 2] === Math.floor(time / hour) &&
      cells[place + 3] === print &&
      cells[place + 4] === check
    return isSame ? cells[place + 5] : undefined
  }

  /** Remembers the answer to what changed nothing. */
  note({ at, version }: MemoryTable, time: number, print: number, check: number, answer: number): void {
    const cells = this.#cells
    const place = placeOf(at, print)
    cells[place] = at
    cells[place + 1] = version
    cells[place + 2] = Math.floor(time / hour)
    cells[place + 3] = print
    cells[place + 4] = check
    cells[place + 5] = answer
  }
}

function placeOf(memory: number, print: number): number {
  return ((Math.imul(memory, 0x9e3779b1) ^ print) & (places - 1)) * stride
}

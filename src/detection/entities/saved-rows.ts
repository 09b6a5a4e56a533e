import type { KeyedChange } from '../../stream/keyed-state.ts'
import { withRoomFor } from './growing.ts'

/** So many rows are saved together. */
const blockRows = 64
/** A block is saved anew when more of its rows than this differ from what the store holds in it. */
const mostApart = blockRows / 2

/** Marks of a row: its content is not saved yet; it is saved in an entry of its own. */
const changed = 1
const apart = 2
const marksPerWord = 16

/**
 * In which entries the rows are saved. A block of rows is one entry, so that a million rows come back in seconds. A row that
 * changes gets an entry of its own, until half of the block's rows have one: then the block is saved anew and these entries are
 * deleted. So what checkpoints write is proportional to what has changed: at most three times as many rows, in the long run.
 *
 * A row that changes hands takes its block along, so that no entity is found in two rows whatever the order of the entries.
 * Keys: `<block>` and `<block>/<place in it>`.
 */
export class SavedRows {
  /** Two bits per row, so that those of a million rows stay in the processor's caches. */
  #marks = new Uint32Array(1)
  /** How many rows of a block differ from what is saved of them in it. */
  #differing = new Uint8Array(1)
  #changed: number[] = []

  /** Says that the row's content was changed. */
  touch(row: number): void {
    if ((this.#marksOf(row) & changed) !== 0) return
    this.#mark(row, changed)
    this.#changed.push(row)
  }

  /** Says that the row is nobody's any more. */
  vacate(row: number): void {
    this.touch(row)
    this.#differing[blockOf(row)] = blockRows
  }

  /** Takes note of an entry of the store that holds the row; answers whether it is the newest one that does. */
  restored(key: string, row: number): boolean {
    if (!key.includes('/')) return (this.#marksOf(row) & apart) === 0
    this.#mark(row, apart)
    return true
  }

  /** What has to be saved since the last call. `encode` makes an entry of the used ones among rows; null when there are none. */
  takeChanges(encode: (from: number, to: number) => Buffer | null): KeyedChange {
    const puts: { key: string; value: Buffer }[] = []
    const deletes: string[] = []
    const put = (key: string, value: Buffer | null) => {
      if (value) puts.push({ key, value })
      else deletes.push(key)
    }
    for (const row of this.#changed) {
      // It may have been saved with its block just now.
      if ((this.#marksOf(row) & changed) === 0) continue
      const block = blockOf(row)
      if ((this.#differing[block] as number) <= mostApart) {
        this.#setMarks(row, apart)
        put(keyOf(row), encode(row, row + 1))
      } else {
        deletes.push(...this.#joinBlock(block))
        put(String(block), encode(block * blockRows, (block + 1) * blockRows))
      }
    }
    this.#changed = []
    return { puts, deletes }
  }

  #mark(row: number, mark: number): void {
    const block = blockOf(row)
    this.#marks = withRoomFor(this.#marks, Math.floor(row / marksPerWord))
    this.#differing = withRoomFor(this.#differing, block)
    const marks = this.#marksOf(row)
    if (marks === 0) this.#differing[block] = (this.#differing[block] as number) + 1
    this.#setMarks(row, marks | mark)
  }

  /** The keys of the block's rows that were saved apart. */
  #joinBlock(block: number): string[] {
    const keys: string[] = []
    for (let row = block * blockRows; row < (block + 1) * blockRows; row++)
      if ((this.#marksOf(row) & apart) !== 0) keys.push(keyOf(row))
    this.#marks.fill(0, (block * blockRows) / marksPerWord, ((block + 1) * blockRows) / marksPerWord)
    this.#differing[block] = 0
    return keys
  }

  #marksOf(row: number): number {
    return ((this.#marks[Math.floor(row / marksPerWord)] ?? 0) >>> shiftOf(row)) & (changed | apart)
  }

  /** Of a row for which there is room. */
  #setMarks(row: number, marks: number): void {
    const at = Math.floor(row / marksPerWord)
    const others = (this.#marks[at] as number) & ~((changed | apart) << shiftOf(row))
    this.#marks[at] = others | (marks << shiftOf(row))
  }
}

function blockOf(row: number): number {
  return Math.floor(row / blockRows)
}

function shiftOf(row: number): number {
  return 2 * (row % marksPerWord)
}

function keyOf(row: number): string {
  return `${blockOf(row)}/${row % blockRows}`
}

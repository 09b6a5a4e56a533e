import { activeRootOf, expectedRootOf, isSettled } from './drift-reference.ts'
import { type DriftRow, drift } from './drift-row.ts'
import { medianOf, peerGrowthOf } from './org-days.ts'

/** What a peer group did on a day. */
export type PeerDay = {
  /** By how much the roots of its members have grown, 1 or more. */
  readonly growth: number
  /** Root of a day on which a member does something, by the references; 0 where nobody has done anything. */
  readonly root: number
}

/** Gathers what the members of each peer group did on one day. */
export class PeerDays {
  readonly #isRest: boolean
  readonly #multiples = new Map<number, number[]>()
  readonly #roots = new Map<number, number[]>()

  constructor(isRest: boolean) {
    this.#isRest = isRest
  }

  /** Takes a member into account whose day is not closed yet. */
  note(row: DriftRow): void {
    if (!isSettled(row)) return
    const peers = row.get(drift.peers)
    const expected = expectedRootOf(row, this.#isRest, 0)
    if (expected > 0) push(this.#multiples, peers, Math.sqrt(row.get(drift.today)) / expected)
    const root = activeRootOf(row, 0)
    if (root > 0) push(this.#roots, peers, root)
  }

  /** By the number of the peer group. */
  close(): ReadonlyMap<number, PeerDay> {
    return new Map(
      [...this.#roots].map(([peers, roots]) => [
        peers,
        { growth: peerGrowthOf(this.#multiples.get(peers) ?? []), root: medianOf(roots) },
      ]),
    )
  }
}

function push(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

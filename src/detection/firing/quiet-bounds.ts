const places = 8192
const stride = 5

/**
 * Up to which amount the windows looked at last are known to be ordinary, so that they need not be judged again with every event:
 * what a model finds ordinary it finds ordinary in smaller amounts too, while window and baseline stay the same. A cache and
 * nothing else: forgetting changes no answer.
 */
export class QuietBounds {
  /** Row and window, pane, state of the entity's learning, state of the group, bound. */
  readonly #cells = new Float64Array(places * stride).fill(-1)

  /**
   * The largest amount in the window that is known to be ordinary, −1 when none is. `learned` and `renewed` name the states of the
   * entity's and of its group's baselines.
   */
  boundOf(key: number, pane: number, learned: number, renewed: number): number {
    const at = (key % places) * stride
    const cells = this.#cells
    const isKnown =
      cells[at] === key && cells[at + 1] === pane && cells[at + 2] === learned && cells[at + 3] === renewed
    return isKnown ? (cells[at + 4] as number) : -1
  }

  note(key: number, pane: number, learned: number, renewed: number, bound: number): void {
    const at = (key % places) * stride
    const cells = this.#cells
    cells[at] = key
    cells[at + 1] = pane
    cells[at + 2] = learned
    cells[at + 3] = renewed
    cells[at + 4] = bound
  }

  /** To be called when a baseline was changed by anything but learning. */
  clear(): void {
    this.#cells.fill(-1)
  }
}

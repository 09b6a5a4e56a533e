const windowsPerDay = 144

/**
 * The textbook's z-score: how many standard deviations a count lies above the mean of the last 24 hours of the same entity.
 * The deviation is taken as at least 1, as is usual, for otherwise a first event after a quiet day would be infinite.
 */
export class RollingZ {
  readonly #counts = new Float64Array(windowsPerDay)
  #sum = 0
  #squares = 0
  #at = -1

  /** The score of `count` in window number `window`; the windows since the last call were empty. */
  score(window: number, count: number): number {
    if (this.#at >= 0) this.#slideTo(window)
    this.#at = window
    const mean = this.#sum / windowsPerDay
    const variance = Math.max(0, this.#squares / windowsPerDay - mean * mean)
    const score = (count - mean) / Math.max(1, Math.sqrt(variance))
    this.#put(window % windowsPerDay, count)
    return score
  }

  #slideTo(window: number): void {
    const gone = Math.min(windowsPerDay, window - this.#at)
    for (let step = 1; step <= gone; step++) this.#put((this.#at + step) % windowsPerDay, 0)
  }

  #put(cell: number, count: number): void {
    const before = this.#counts[cell] as number
    this.#sum += count - before
    this.#squares += count * count - before * before
    this.#counts[cell] = count
  }
}

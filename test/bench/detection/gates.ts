/** One promise of the evaluation with what was measured. */
export type Gate = {
  readonly name: string
  /** In words: what was measured. */
  readonly measured: string
  /** In words: what is promised. */
  readonly bound: string
  /** Null: printed for comparison, nothing is promised. */
  readonly passed: boolean | null
}

/** A part of the evaluation as it is printed and written to docs/detection-quality.md. */
export type Section = {
  readonly title: string
  /** What was done, for people. */
  readonly method: string
  readonly gates: readonly Gate[]
}

/** A gate that passes when `value` lies between the bounds, both included. */
export function within(
  name: string,
  value: number,
  [low, high]: readonly [number, number],
  show = percent,
): Gate {
  const bound =
    low === Number.NEGATIVE_INFINITY
      ? `≤ ${show(high)}`
      : high === Number.POSITIVE_INFINITY
        ? `≥ ${show(low)}`
        : `${show(low)} to ${show(high)}`
  return { name, measured: show(value), bound, passed: value >= low && value <= high }
}

export function atLeast(name: string, value: number, low: number, show = percent): Gate {
  return within(name, value, [low, Number.POSITIVE_INFINITY], show)
}

export function atMost(name: string, value: number, high: number, show = percent): Gate {
  return within(name, value, [Number.NEGATIVE_INFINITY, high], show)
}

/** Beside what is promised: a figure to compare it with. */
export function forComparison(name: string, measured: string): Gate {
  return { name, measured, bound: '', passed: null }
}

/** `93.4 %` */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** `1.24×` */
export function times(factor: number): string {
  return `${factor.toFixed(2)}×`
}

/** `12.3` */
export function plain(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(1)
}

/** Prints a section with every bound and whether it holds. */
export function printSection({ title, gates }: Section): void {
  console.log(`\n${title}`)
  const width = Math.max(...gates.map(({ name }) => name.length))
  for (const { name, measured, bound, passed } of gates) {
    const verdict = passed === null ? '' : passed ? 'pass' : 'FAIL'
    console.log(`  ${verdict.padEnd(4)}  ${name.padEnd(width)}  ${measured}${bound ? `  (${bound})` : ''}`)
  }
}

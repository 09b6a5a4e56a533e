import type { FalseAlarmOptions, Run } from './false-alarms.ts'
import { atLeast, forComparison, type Gate, percent, within } from './gates.ts'

const alertsPerDay = 20

/** Actual against stated probability of a false alarm, for each threshold that was tried. */
export function falseAlarmGates({ kind, benign, fired }: Run): Gate[] {
  return [...fired.values()].map(({ windows, threshold }) => {
    const actual = windows / benign
    const name = `${kind}: false alarms at nominal ${threshold.toExponential(1)}`
    const gate = within(name, actual / threshold, [0.1, 1.5], (ratio) => `${ratio.toFixed(2)}× nominal`)
    return {
      ...gate,
      measured: `${actual.toExponential(1)}, ${gate.measured} (${windows} of ${benign.toLocaleString('en')} windows)`,
    }
  })
}

/** At equal numbers of benign alert windows: whoever ranks the attacks before more of what is benign is better. */
export function powerGates(counts: Run, amounts: Run, { members }: FalseAlarmOptions): Gate[] {
  const perDay = (alertsPerDay * members) / 1500
  const label = `attacks found at ${alertsPerDay} alert windows a day over 1,500 entities`
  const found = shareFound(counts.attackScores, counts.benignScores, counts.attacks, perDay * counts.days)
  const byZ = shareFound(
    negated(counts.attackZ),
    negated(counts.benignZ),
    counts.attacks,
    perDay * counts.days,
  )
  const moved = shareFound(amounts.attackScores, amounts.benignScores, amounts.attacks, perDay * amounts.days)
  return [
    atLeast(`counts: ${label}`, found, 0.9),
    forComparison('counts: the same with a rolling 24 h z-score', percent(byZ)),
    atLeast(`amounts: ${label}`, moved, 0.9),
  ]
}

/** The share of attacks that score below (more surprising than) all but `alerts` of the benign windows. */
function shareFound(
  attackScores: readonly number[],
  benignScores: readonly number[],
  attacks: number,
  alerts: number,
): number {
  const sorted = benignScores.toSorted((a, b) => a - b)
  const cut = sorted[Math.round(alerts)] ?? 0
  return attackScores.filter((score) => score < cut).length / attacks
}

function negated(scores: readonly number[]): number[] {
  return scores.map((score) => -score)
}

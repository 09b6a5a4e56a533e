import { measureDetectStage } from '../detect-stage/detect-stage.ts'
import { measureRoad } from '../road/road.ts'
import {
  evasionSection,
  lookAlikeSection,
  measureCases,
  mediumSection,
  scenarioSection,
  shortCases,
} from './cases.ts'
import { fullDrift, measureDrift } from './drift.ts'
import { fullFalseAlarms, measureFalseAlarms, shortFalseAlarms } from './false-alarms.ts'
import { printSection, type Section } from './gates.ts'
import { fullIrregular, measureIrregular, shortIrregular } from './irregular.ts'
import { measureOrgBudget } from './org-budget.ts'
import { writeReport } from './report.ts'
import { fullSliding, measureSlidingBudget, shortSliding } from './sliding-budget.ts'
import { measureSlowDrips } from './slow-drips.ts'

/** `short` answers null where nothing of the part can be had in seconds. */
type Measurement = {
  readonly short: () => Section | null | Promise<Section | null>
  readonly full: (verbose: boolean) => Section | Promise<Section>
}

const nothing = () => null

/** The parts of the evaluation by a short name, in the order of the report. */
const measurements: Readonly<Record<string, Measurement>> = {
  'false-alarms': {
    short: () => measureFalseAlarms(shortFalseAlarms),
    full: () => measureFalseAlarms(fullFalseAlarms),
  },
  budget: {
    short: () => measureSlidingBudget(shortSliding),
    full: () => measureSlidingBudget(fullSliding),
  },
  drift: { short: nothing, full: () => measureDrift(fullDrift) },
  irregular: {
    short: () => measureIrregular(shortIrregular),
    full: () => measureIrregular(fullIrregular),
  },
  org: { short: nothing, full: measureOrgBudget },
  medium: { short: nothing, full: (verbose) => measureCases({ ...mediumSection, verbose }) },
  scenarios: {
    short: () => measureCases({ ...scenarioSection, cases: shortCases }),
    full: (verbose) => measureCases({ ...scenarioSection, verbose }),
  },
  evasions: { short: nothing, full: (verbose) => measureCases({ ...evasionSection, verbose }) },
  drips: { short: nothing, full: measureSlowDrips },
  'look-alikes': { short: nothing, full: (verbose) => measureCases({ ...lookAlikeSection, verbose }) },
  'detect-stage': { short: nothing, full: measureDetectStage },
  road: { short: nothing, full: measureRoad },
}

export type EvaluationOptions = {
  /** The subset of seconds that CI runs. */
  readonly short: boolean
  /** Names of parts; all of them when absent. */
  readonly only?: readonly string[] | undefined
  /** Prints every alert of every case. */
  readonly verbose: boolean
}

/**
 * Evaluates detection: prints every gate with its bound, and writes the report when nothing was cut short.
 * @throws when a gate does not hold
 */
export async function benchDetection({ short, only, verbose }: EvaluationOptions): Promise<void> {
  const sections: Section[] = []
  for (const [name, measurement] of Object.entries(measurements)) {
    if (only && !only.includes(name)) continue
    const section = await (short ? measurement.short() : measurement.full(verbose))
    if (!section) continue
    printSection(section)
    if (!short) writeReport(section)
    sections.push(section)
  }
  const failed = sections.flatMap(({ gates }) => gates.filter(({ passed }) => passed === false))
  if (failed.length > 0)
    throw new Error(
      `${failed.length} gates do not hold:\n${failed.map(({ name, measured, bound }) => `  ${name}: ${measured}, must be ${bound}`).join('\n')}`,
    )
}

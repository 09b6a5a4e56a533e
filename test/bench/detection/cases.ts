import { compareLevels, type Level } from '../../../src/detection/detection.ts'
import { minute } from '../../../src/duration.ts'
import type { AttackPromise, Case } from './case.ts'
import { allCases, evasions, everydayCases } from './cases/all.ts'
import { scenarioCases, scenariosElsewhere, scenariosInMediumOrg } from './cases/known-scenarios.ts'
import { type Gate, percent, type Section } from './gates.ts'
import { firstOf, highestOf, type Outcome, playCase, watchDays } from './outcome.ts'
import type { Raised } from './watched-org.ts'
import { type World, worldOf } from './worlds.ts'

/** Cases of the short run: seconds of simulated days each. */
const shortIds: readonly string[] = ['s1', 'l4', 'l7', 'l11']

export type CasesOptions = {
  readonly title: string
  readonly method: string
  readonly cases: readonly Case[]
  /** Prints every alert that a case brought about. */
  readonly verbose?: boolean
}

/** Plays cases, each on a copy of its world's state, and holds them against what they promise. */
export async function measureCases({ title, method, cases, verbose }: CasesOptions): Promise<Section> {
  const gates: Gate[] = []
  for (const [name, group] of Map.groupBy(cases, ({ world = 'small' }) => world)) {
    const world = await worldOf(name)
    const usual = usualAlerts(world, Math.max(...group.map(({ days }) => days)))
    for (const one of group) {
      const outcome = playCase(world, one, usual)
      const judged = judge(one, outcome)
      gates.push(...judged)
      if (verbose) printAlerts(one, outcome, judged)
    }
  }
  return { title, method, gates }
}

let usualDays: { world: World; days: number; raised: readonly Raised[] } | undefined

/** What some days of normal traffic raise; kept for the world that was asked for last. */
export function usualAlerts(world: World, days: number): readonly Raised[] {
  if (usualDays?.world !== world || usualDays.days < days)
    usualDays = { world, days, raised: watchDays(world, days) }
  return usualDays.raised
}

function judge({ title, promise }: Case, outcome: Outcome): readonly Gate[] {
  if (promise.kind === 'attack') return judgeAttack(title, promise, outcome)
  const highest = highestOf(outcome.raised)
  const loudest = outcome.raised.find(({ level }) => level === highest)
  const measured = loudest
    ? `${highest} by ${loudest.detector}, ${new Set(outcome.raised.map(({ alert }) => alert)).size} alerts`
    : 'no alert'
  const passed =
    highest === 'none' || (promise.atMost !== 'none' && compareLevels(highest, promise.atMost) <= 0)
  return [{ name: title, measured, bound: `at most ${promise.atMost}`, passed }]
}

function judgeAttack(
  title: string,
  { level = 'medium', goneAtMost = 0.1, within }: AttackPromise,
  outcome: Outcome,
): readonly Gate[] {
  const { loot, raised } = outcome
  const found = firstOf(raised, level)
  const gone = found ? loot.goneAt(found.time) : 1
  const told = [...new Set([tell('low', outcome), tell('medium', outcome), tell('high', outcome)])].join('; ')
  const share = `${percent(gone)} of ${loot.total.toLocaleString('en')} ${loot.unit} gone`
  const passed = found !== undefined && gone <= goneAtMost
  const gate = {
    name: title,
    measured: `${found ? share : `no alert of ${level}`}; ${told}`,
    bound: `${level} with ≤ ${percent(goneAtMost)} gone`,
    passed,
  }
  if (!within) return [gate]
  const since = within.since(outcome.scene)
  const answer = firstOf(raised, within.level, since)
  const seconds = answer ? (answer.time - since) / 1000 : Number.POSITIVE_INFINITY
  const inTime = {
    name: `${title}: ${within.level} in time`,
    measured: answer ? `${seconds} s after its mark` : 'never',
    bound: `≤ ${within.time / 1000} s`,
    passed: seconds <= within.time / 1000,
  }
  return [gate, inTime]
}

/** `medium after 9 min by bulk-export` */
function tell(level: Level, { raised, start }: Outcome): string {
  const first = firstOf(raised, level)
  if (!first) return `${level} never`
  return `${first.level} after ${Math.round((first.time - start) / minute)} min by ${first.detector}`
}

function printAlerts({ id }: Case, { raised }: Outcome, judged: readonly Gate[]): void {
  console.log(`\n${id}`)
  for (const { name, measured, bound, passed } of judged)
    console.log(`  ${passed ? 'pass' : 'FAIL'} ${name}: ${measured} (${bound})`)
  for (const { time, level, detector, entity, summary } of raised)
    console.log(`  ${new Date(time).toISOString()} ${level} ${detector} ${entity}: ${summary.slice(0, 160)}`)
}

export const scenarioSection = {
  title: 'Scenarios',
  method:
    "Attacks and look-alikes of the simulator, on orgs that were watched for three to four weeks. Minutes count from the attack's first event; a row is gone when its event says so, those of a Bulk query with each download. Only alerts count that the same days would not have raised without it.",
  cases: [...scenariosElsewhere, ...scenarioCases],
} as const

export const mediumSection = {
  title: 'Scenarios in a medium org',
  method: 'The same in an org ten times as large, after its six benign weeks.',
  cases: scenariosInMediumOrg,
} as const

export const evasionSection = {
  title: 'Evasions',
  method: 'Attacks that avoid what detectors usually watch.',
  cases: evasions,
} as const

export const lookAlikeSection = {
  title: 'Look-alikes',
  method: 'Things that happen to every org and that nobody should be called for.',
  cases: everydayCases,
} as const

export const shortCases: readonly Case[] = allCases
  .filter(({ id }) => shortIds.includes(id))
  .map((one) => ({ ...one, world: 'young' }))

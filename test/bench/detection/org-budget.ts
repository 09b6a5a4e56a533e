import { readDetectors } from '../../../src/detection/definition/catalog.ts'
import { week } from '../../../src/duration.ts'
import { atMost, forComparison, type Gate, plain, type Section, times, within } from './gates.ts'
import type { Raised } from './watched-org.ts'
import { detectorsFolder, type World, worldOf } from './worlds.ts'

/** Who may fire less often than this in the time watched is held against nothing alone, only in the sum. */
const leastExpected = 1

/** Every shipped detector on weeks of an org in which nothing happens: how many alerts come, against the budgets in the files. */
export async function measureOrgBudget(): Promise<Section> {
  const world = await worldOf('medium')
  const weeks = world.plan.weeks
  const { files } = await readDetectors(detectorsFolder)
  const budgets = files
    .filter(({ definition }) => definition.status === 'stable' && hasBudget(definition.baseline.model))
    .map(({ definition }) => ({ id: definition.id, accepted: definition.fires.budget * weeks * week }))
  const accepted = budgets.reduce((sum, budget) => sum + budget.accepted, 0)
  const total = countAlerts(world.raised)
  const sum = within('all detectors', total / accepted, [0.3, 1.5], (ratio) => `${times(ratio)} the budget`)
  const medium = countAlerts(world.raised.filter(({ level }) => level !== 'low' && level !== 'informational'))
  return {
    title: 'Alerts of a benign org',
    method: describe(world, weeks),
    gates: [
      { ...sum, measured: `${total} alerts, ${sum.measured} of ${plain(accepted)}` },
      forComparison('of these medium or higher', `${medium}, ${plain(medium / weeks)} a week`),
      ...budgets.map(({ id, accepted: own }) =>
        ownGate(id, own, countAlerts(world.raised.filter(({ detector }) => detector === id))),
      ),
    ],
  }
}

function describe({ events, plan }: World, weeks: number): string {
  return `${weeks} weeks of a ${plan.size} org of the simulator, ${events.toLocaleString('en')} events from nothing learned on, no attack. Each detector may raise what its budget says, and what chance may add to a number so small (three standard deviations).`
}

function ownGate(id: string, accepted: number, raised: number): Gate {
  const measured = `${raised} of ${plain(accepted)}`
  if (accepted < leastExpected) return forComparison(id, measured)
  const most = Math.max(1.5 * accepted, accepted + 3 * Math.sqrt(accepted))
  return { ...atMost(id, raised, Math.floor(most), plain), measured }
}

/** Fixed limits and sums of points promise nothing about chance. */
function hasBudget(model: string): boolean {
  return model !== 'none' && model !== 'decay'
}

function countAlerts(raised: readonly Raised[]): number {
  return new Set(raised.map(({ alert }) => alert)).size
}

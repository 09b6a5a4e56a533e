import { hasBudget } from '../detection/definition/budget.ts'
import type { DetectorFile } from '../detection/definition/parse-detector.ts'
import { formatDuration, week } from '../duration.ts'
import { formatTable, print, printObjects } from './print.ts'

/** Prints a line for each detector. */
export function listDetectors(files: readonly DetectorFile[], { json }: { readonly json?: true }): void {
  const listed = files.map(toListed)
  if (json) {
    printObjects(listed)
    return
  }
  const rows = listed.map((detector) => [
    detector.id,
    detector.level,
    detector.status,
    detector.entity.join(' + '),
    detector.measure,
    detector.model,
    detector.windows.join(' '),
    hasBudget(detector.model) ? withOthers(detector.budget, detector.other_budgets) : '',
    withOthers(String(detector.at_least), detector.other_floors.map(String)),
    detector.overlaid ? 'yes' : '',
    detector.title,
  ])
  const heads = ['ID', 'LEVEL', 'STATUS', 'ENTITY', 'MEASURE', 'MODEL', 'WINDOWS', 'BUDGET', 'FLOOR']
  const columns = [...heads, 'OVERLAY', 'TITLE']
  const withOverlay = listed.some(({ overlaid }) => overlaid)
  const shown = (row: readonly string[]) => (withOverlay ? row : row.toSpliced(-2, 1))
  print(formatTable([columns, ...rows].map(shown)))
  if (listed.some((each) => each.other_budgets.length + each.other_floors.length > 0))
    print('In brackets: what overrides make of it for some.\n')
}

/** `1/week (7/week)`: in brackets what overrides make of it for some. */
function withOthers(own: string, others: readonly string[]): string {
  return others.length === 0 ? own : `${own} (${others.join(', ')})`
}

function toListed({ definition, shipped }: DetectorFile) {
  const { id, title, level, status, tags, entity, measure, baseline, windows, fires } = definition
  return {
    id,
    title,
    level,
    status,
    tags,
    entity,
    measure: measure.expression,
    model: baseline.model,
    windows: windows.map(formatDuration),
    budget: toBudget(fires.budget),
    at_least: fires.at_least,
    other_budgets: definition.overrides.flatMap((each) => each.fires.budget ?? []).map(toBudget),
    other_floors: definition.overrides.flatMap((each) => each.fires.at_least ?? []),
    always_above: fires.always_above ?? null,
    exceptions: definition.exceptions.length,
    overrides: definition.overrides.length,
    overlaid: shipped !== undefined,
  }
}

function toBudget(budget: number): string {
  return `${Number((budget * week).toFixed(2))}/week`
}

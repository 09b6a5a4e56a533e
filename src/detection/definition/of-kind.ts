import type { Action, Activity } from '../activity/activity.ts'
import { activityField } from './fields.ts'
import { compileSelection, never, type Predicate, type SelectionSource } from './selection.ts'

/** The selection, for activities with this action, of events of this type, that have these fields. */
export function ofKind(
  source: SelectionSource,
  action: Action,
  type: string,
  known: Readonly<Record<string, unknown>> = {},
): Predicate<Activity> {
  const maps = [source].flat().filter((map) => action !== 'detection' || 'action' in map)
  if (maps.length === 0) return never
  const compiled = compileSelection(maps, activityField, { ...known, action, type })
  return compiled.kind === 'ok' ? compiled.matches : never
}

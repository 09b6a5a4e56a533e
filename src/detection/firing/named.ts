import { formatMinute } from '../../utc-time.ts'
import type { Activity } from '../activity/activity.ts'
import type { Escalation } from '../definition/detector.ts'
import type { Detection } from '../detection.ts'
import type { Detected } from './episode.ts'

/** When somebody did last what an escalation names, ms, and from which network. */
type Deed = { readonly time: number; readonly network: string | null }

/** Who did it, by escalation and name. Saved as JSON. */
export type Named = Record<string, Record<string, Deed>>

/** Those whom an escalation names, the first of them first. */
export type NamedBy = { readonly escalation: Escalation; readonly names: readonly string[] }

/** So many of each escalation are kept. */
const maxKept = 200
/** So many are told with time and place. */
const maxListed = 50

export function noteNamed(named: Named, matching: readonly Escalation[], activity: Activity): void {
  const { user, username, time, network } = activity
  const name = username ?? user
  if (name === null) return
  for (const { id, names } of matching) {
    if (names === null) continue
    named[id] ??= {}
    const deeds = named[id]
    if (Object.hasOwn(deeds, name) || Object.keys(deeds).length < maxKept) deeds[name] = { time, network }
  }
}

/** Whom the escalations name in the time of an episode. */
export function namedIn(
  named: Named | undefined,
  escalations: readonly Escalation[],
  { since, over }: Pick<Detected, 'since' | 'over'>,
): readonly NamedBy[] {
  return escalations.flatMap((escalation) => {
    const { id, within, after, names: label } = escalation
    if (label === null) return []
    const from = since - (after ? 0 : within)
    const names = inOrder(named?.[id] ?? {})
      .filter(([, { time }]) => time >= from && time <= over + within)
      .map(([name]) => name)
    return names.length === 0 ? [] : [{ escalation, names }]
  })
}

/** `Logged in`: `ann@acme.example 2026-10-05 03:12 UTC from 198.51.100.0/24, …` */
export function linesOfNamed(named: Named, by: readonly NamedBy[]): Detection['explanation'] {
  return by.map(({ escalation: { id, names: label }, names }) => {
    const shown = names.slice(0, maxListed).map((name) => formatDeed(name, named[id]?.[name]))
    const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : ''
    return { label: label ?? '', value: `${shown.join(', ')}${more}` }
  })
}

/** Forgets what was done longer than `kept` before `watermark`, ms. True when nothing is left. */
export function forgetNamed(named: Named, watermark: number, kept: number): boolean {
  for (const [id, deeds] of Object.entries(named)) {
    for (const [name, { time }] of Object.entries(deeds)) if (watermark - time > kept) delete deeds[name]
    if (Object.keys(deeds).length === 0) delete named[id]
  }
  return Object.keys(named).length === 0
}

function inOrder(deeds: Record<string, Deed>): [string, Deed][] {
  return Object.entries(deeds).sort(([a, one], [b, other]) => one.time - other.time || (a < b ? -1 : 1))
}

function formatDeed(name: string, deed: Deed | undefined): string {
  if (!deed) return name
  return `${name} ${formatMinute(deed.time)}${deed.network === null ? '' : ` from ${deed.network}`}`
}

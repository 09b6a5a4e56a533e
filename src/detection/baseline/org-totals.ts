/** What a detector has looked at in one org, over all groups: the ground on which an alert budget becomes a threshold. */
export type OrgTotals = {
  members: number
  /** Event time of the first event, ms. */
  readonly since: number
  /** Per window, decayed to `at`: fixed windows in which an entity was active. */
  readonly active: number[]
  at: number
  /** What entities did that are idle since has been learned up to here, ms. */
  swept: number
}

export function createOrgTotals(windows: number, time: number): OrgTotals {
  return { members: 0, since: time, active: new Array(windows).fill(0), at: time, swept: time }
}

/** Counts one active window. */
export function countActive(totals: OrgTotals, k: number, time: number, halfLife: number): void {
  if (time > totals.at) {
    const kept = 2 ** ((totals.at - time) / halfLife)
    for (let i = 0; i < totals.active.length; i++) totals.active[i] = (totals.active[i] as number) * kept
    totals.at = time
  }
  totals.active[k] = (totals.active[k] as number) + 1
}

/** Active windows per ms of event time. */
export function activeRate(totals: OrgTotals, k: number, halfLife: number): number {
  const watched = Math.max(totals.at - totals.since, 3_600_000)
  const effective = (halfLife / Math.LN2) * (1 - 2 ** (-watched / halfLife))
  return Math.max(totals.active[k] ?? 0, 1) / effective
}

import { type Level, levels } from '../detection/detection.ts'
import type { Alert } from './alert.ts'

/** The alerts of the partitions that this process owns, for the page and the API. Only in memory: tasks fill it. */
export interface AlertBoard {
  /** Shows the alert, or its newer form. */
  update(alert: Alert): void
  /** Stops showing an alert: it is forgotten, or its partition belongs to another process now. */
  remove(id: string): void
  get(id: string): Alert | undefined
  /** Newest activity first. */
  list(query?: { readonly status?: Alert['status']; readonly limit?: number }): readonly Alert[]
  /**
   * How many alerts are open, by level, but for those of experimental detectors, of which nobody is told. Counted as they
   * change: asking costs the same however many there are.
   */
  openByLevel(): Readonly<Record<Level, number>>
}

/** An empty board. */
export function createAlertBoard(): AlertBoard {
  const alerts = new Map<string, Alert>()
  const open = Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>
  const count = (alert: Alert | undefined, change: 1 | -1) => {
    if (alert?.status !== 'open' || alert.latest.detector.status === 'experimental') return
    open[alert.level] += change
  }
  return {
    update(alert) {
      count(alerts.get(alert.id), -1)
      alerts.set(alert.id, alert)
      count(alert, 1)
    },
    remove(id) {
      count(alerts.get(id), -1)
      alerts.delete(id)
    },
    get: (id) => alerts.get(id),
    list({ status, limit = 100 } = {}) {
      return [...alerts.values()]
        .filter((alert) => status === undefined || alert.status === status)
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },
    openByLevel: () => ({ ...open }),
  }
}

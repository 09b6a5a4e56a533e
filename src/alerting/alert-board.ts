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
  /** How many alerts are open, by level. */
  openByLevel(): Readonly<Record<Level, number>>
}

/** An empty board. */
export function createAlertBoard(): AlertBoard {
  const alerts = new Map<string, Alert>()
  return {
    update: (alert) => void alerts.set(alert.id, alert),
    remove: (id) => void alerts.delete(id),
    get: (id) => alerts.get(id),
    list({ status, limit = 100 } = {}) {
      return [...alerts.values()]
        .filter((alert) => status === undefined || alert.status === status)
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },
    openByLevel() {
      const counts = Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>
      for (const { status, level } of alerts.values()) if (status === 'open') counts[level]++
      return counts
    },
  }
}

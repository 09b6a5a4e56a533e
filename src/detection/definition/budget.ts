import { day, hour, week } from '../../duration.ts'
import { judgingModels } from '../detection.ts'
import type { Model } from './detector.ts'

const periods = { hour, day, week, month: 30 * day } as const

/** `2/week` → alerts per ms; undefined for anything else. */
export function parseBudget(text: string): number | undefined {
  const [, count, period] = /^(\d+(?:\.\d+)?)\/(hour|day|week|month)$/.exec(text) ?? []
  const budget = Number(count) / periods[period as keyof typeof periods]
  return budget > 0 ? budget : undefined
}

/** Alerts per ms → `2/week`, in three digits. */
export function formatBudget(budget: number): string {
  return `${Number((budget * week).toPrecision(3))}/week`
}

/** Whether a probability decides with this model, and with it a budget. */
export function hasBudget(model: Model): boolean {
  return (judgingModels as readonly Model[]).includes(model)
}

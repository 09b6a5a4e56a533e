import { thresholdFor } from '../../algorithms/frequency.ts'
import { aloneProbability, log10Novelty, type NewField } from '../../algorithms/novelty.ts'
import { highestThreshold } from '../../baseline/novelty/novelty-formulas.ts'
import {
  givenOthers,
  looksOf,
  type NoveltyGroup,
  priorOf,
  rarityOf,
} from '../../baseline/novelty/novelty-group.ts'
import { daysOf, type ValueMemory } from '../../baseline/novelty/value-memory.ts'
import type { Detector, Firing } from '../../definition/detector.ts'
import type { Verdict } from '../../firing/evaluate.ts'
import { paneAt } from '../../window/window.ts'
import type { News } from './new-values.ts'

/** From here on (log10 p) it is worth keeping what a detection would have to show. */
const watchBelow = -2

export type NoveltyEvaluation = {
  readonly detector: Detector
  readonly firing: Firing
  readonly memory: ValueMemory
  readonly group: NoveltyGroup
  /** Peer groups of the org: each gets an equal part of the budget. */
  readonly groups: number
  readonly news: readonly News[]
  readonly time: number
  readonly halfLife: number
}

/** How improbable it is that all of this is new within one window, and whether it fires; null when it is nothing special. */
export function evaluateNews(evaluation: NoveltyEvaluation): Verdict | null {
  const { detector, firing, group, groups, news, time, halfLife } = evaluation
  const names = fieldNames(detector)
  const fields = judgeFields(evaluation)
  const log10p = log10Novelty(
    fields.map(({ value }) => value),
    names.length,
  )
  const looks = looksOf(group, halfLife)
  const budget = firing.budget / Math.max(groups, 1)
  const threshold = thresholdFor(budget, looks, highestThreshold)
  const excess = Math.log10(threshold) - log10p
  const observed = new Set(news.map(({ word }) => word)).size
  const length = detector.windows.at(-1) ?? 0
  const reason = reasonOf(firing, observed, excess)
  if (reason === 'watching' && log10p > watchBelow) return null
  const expected = expectedOf(evaluation)
  const parameters = { ...toParameters(names, fields), expected }
  return {
    k: 0,
    length,
    start: time - length,
    end: time,
    pane: paneAt(time, length),
    observed,
    judgement: {
      model: 'novelty',
      log10p,
      expected,
      parameters,
      hourFactor: 1,
      peerWeight: peerWeightOf(fields),
    },
    log10p,
    tail: null,
    peak: 0,
    budget,
    shares: Math.max(groups, 1),
    threshold,
    looks,
    excess,
    reason,
    ...(firing.ruledBy && { ruledBy: firing.ruledBy }),
    longest: length,
  }
}

function fieldNames({ measure }: Detector): readonly string[] {
  return measure.fields.map(({ name }) => name)
}

function reasonOf({ atLeast, alwaysAbove }: Firing, observed: number, excess: number): Verdict['reason'] {
  if (excess >= 0 && observed >= atLeast) return 'threshold'
  return observed >= alwaysAbove ? 'ceiling' : 'watching'
}

type JudgedField = { readonly field: number; readonly value: NewField; readonly b0: number }

/** The fields of the news, the most improbable first; each counts once, with its rarest value. */
function judgeFields({ memory, group, news }: NoveltyEvaluation): readonly JudgedField[] {
  const rarest = new Map<number, number>()
  for (const { field, rarity } of news) rarest.set(field, Math.min(rarity, rarest.get(field) ?? rarity))
  const fields = [...rarest].map(([field, rarity]) => {
    const { a0, b0 } = priorOf(group, field)
    const { days, newDays } = daysOf(memory, field)
    const value = { a: a0 + newDays, b: b0 + days, rarity: rarityOf(group, field, rarity), given: 0 }
    return { field, value, b0 }
  })
  fields.sort((x, y) => aloneProbability(x.value) - aloneProbability(y.value) || x.field - y.field)
  return fields.map(({ field, value, b0 }, number) => {
    const before = fields.slice(0, number).map((other) => other.field)
    return { field, b0, value: { ...value, given: givenOthers(group, field, before) } }
  })
}

/** New values of any field on one active day. */
function expectedOf({ detector, memory, group }: NoveltyEvaluation): number {
  let expected = 0
  for (const field of detector.measure.fields.keys()) {
    const { a0, b0 } = priorOf(group, field)
    const { days, newDays } = daysOf(memory, field)
    expected += (a0 + newDays) / (b0 + days)
  }
  return expected
}

/** Of the most improbable field. */
function peerWeightOf([first]: readonly JudgedField[]): number {
  return first ? first.b0 / first.value.b : 1
}

function toParameters(names: readonly string[], fields: readonly JudgedField[]): Record<string, number> {
  const parameters: Record<string, number> = { fields: names.length }
  for (const { field, value } of fields) {
    for (const [part, number] of Object.entries(value)) parameters[`${names[field]}_${part}`] = number
  }
  return parameters
}

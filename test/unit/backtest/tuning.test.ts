import { describe, expect, it } from 'vitest'
import type { AlertRecord } from '../../../src/backtest/alert-record.ts'
import {
  judgeSettings,
  type Setting,
  settingsFor,
  toOverlay,
  toVariant,
} from '../../../src/backtest/tuning.ts'
import { readVariant } from '../../../src/backtest/variant.ts'
import { formatBudget, parseBudget } from '../../../src/detection/definition/budget.ts'
import { parseDetector } from '../../../src/detection/definition/parse-detector.ts'
import { day, week } from '../../../src/duration.ts'
import { detectorText } from '../detection/detector-file.ts'
import { alertRecord, jobResult, start } from './histories.ts'

function definition(changes: Readonly<Record<string, string | null>> = {}) {
  const parsed = parseDetector('burst.yaml', detectorText(changes))
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems))
  return parsed.definition
}

const wish = 2 / week
const statistical = {
  baseline: 'baseline: { model: counts }',
  fires: 'fires: { at_least: 50, budget: 1/week }',
}

describe('the settings that are tried', () => {
  it('are budgets around the wish, and floors around the one that is', () => {
    const settings = settingsFor(definition(statistical), wish)
    expect(settings[0]).toEqual({ budget: 1 / week, atLeast: 50, kind: 'as it is' })
    const budgets = settings.filter(({ kind }) => kind === 'budget').map(({ budget }) => formatBudget(budget))
    expect(budgets).toEqual([
      '0.25/week',
      '0.5/week',
      '1.5/week',
      '2/week',
      '3/week',
      '4/week',
      '6/week',
      '8/week',
      '16/week',
    ])
    const floors = settings.filter(({ kind }) => kind === 'floor').map(({ atLeast }) => atLeast)
    expect(floors).toEqual([15, 20, 30, 70, 100, 150, 200, 300, 500, 700, 1000, 1500])
  })

  it('are floors alone where no statistics decide, and whole numbers where they are small', () => {
    const settings = settingsFor(definition({ fires: 'fires: { at_least: 5 }' }), wish)
    expect(settings.map(({ kind }) => kind)).not.toContain('budget')
    expect(settings.map(({ atLeast }) => atLeast).slice(0, 5)).toEqual([5, 1, 2, 3, 7])
  })

  it('are overlays, beside which the ceilings of the detector rise', () => {
    const text = detectorText({ fires: 'fires: { at_least: 5, always_above: 20 }' })
    const texts = {
      detectors: [{ file: 'burst.yaml', text }],
      overlays: [{ file: 'own/mine.yaml', text: 'id: burst\nlevel: low\n' }],
      hash: '',
    }
    const variants = settingsFor(definition({ fires: 'fires: { at_least: 5, always_above: 20 }' }), wish).map(
      (setting, index) => readVariant(toVariant('burst', setting, index), texts),
    )
    expect(variants.map((file) => file?.definition.fires)).toContainEqual(
      expect.objectContaining({ at_least: 30, always_above: 30 }),
    )
    expect(variants.map((file) => file?.definition.level)).toEqual(variants.map(() => 'low'))
    const refused = { detector: 'burst', overlay: 'id: burst\nlevel: hihg\n' }
    expect(() => readVariant(refused, texts)).toThrow('the proposal:2:8 level')
  })
})

describe('the proposal', () => {
  const settings = settingsFor(definition(statistical), wish)

  /** Four weeks in which a setting brings so many alerts, one a day from the second week on. */
  function judge(counts: (setting: Setting) => number, changes: Partial<AlertRecord> = {}) {
    const alerts = settings.flatMap((setting, index) =>
      Array.from({ length: counts(setting) }, (_, number) =>
        alertRecord({
          detector: toVariant('burst', setting, index).name,
          openedAt: start + week + number * day,
          ...changes,
        }),
      ),
    )
    const days = new Map(Array.from({ length: 28 }, (_, index) => [start / day + index, 100]))
    return judgeSettings(settings, [jobResult({ alerts, days })], { wish, detector: 'burst' })
  }

  it('is the stricter setting with the most alerts that do not pass the wish', () => {
    const { proposal, counted } = judge(({ kind, budget }) => {
      if (kind === 'as it is') return 20
      return kind === 'floor' ? 0 : Math.round(budget * week * 12)
    })
    expect(counted).toEqual({ from: start + week, to: start + 4 * week })
    expect(proposal).toMatchObject({
      kind: 'fits',
      trial: { setting: { budget: 0.5 / week }, total: { perWeek: 2 } },
    })
  })

  it('is a budget rather than a floor that does the same', () => {
    const { proposal } = judge(({ kind }) => (kind === 'as it is' ? 20 : 6))
    expect(proposal.trial.setting).toMatchObject({ kind: 'budget', budget: 0.25 / week })
  })

  it('is a floor where no budget does it', () => {
    const { proposal } = judge(({ kind, atLeast }) => (kind === 'floor' && atLeast >= 300 ? 5 : 20))
    expect(proposal).toMatchObject({ kind: 'fits', trial: { setting: { kind: 'floor', atLeast: 300 } } })
    expect(toOverlay('burst', proposal.trial.setting)).toBe('id: burst\nfires: { at_least: 300 }\n')
  })

  it('never brings more than there is: the wish is a limit', () => {
    const { proposal } = judge(({ kind, atLeast }) => (kind === 'floor' && atLeast < 50 ? 6 : 4))
    expect(proposal).toMatchObject({ kind: 'as it is', trial: { setting: { kind: 'as it is' } } })
  })

  it.each([
    [9, 'chance'],
    [12, 'fits'],
  ])('does not change anything for what chance explains: %d alerts for six', (count, kind) => {
    expect(judge((setting) => (setting.kind === 'as it is' ? count : 5)).proposal.kind).toBe(kind)
  })

  it('says when even the strictest brings more', () => {
    expect(judge(() => 21, { reason: 'ceiling' }).proposal).toMatchObject({
      kind: 'more',
      trial: { ceiling: 21, setting: { kind: 'as it is' } },
    })
    expect(judge(({ atLeast }) => (atLeast > 1000 ? 15 : 21)).proposal).toMatchObject({
      kind: 'more',
      trial: { setting: { kind: 'floor', atLeast: 1500 } },
    })
  })

  it('leaves the first week of a long history to learning', () => {
    const { trials } = judge(() => 3, { openedAt: start + 2 * day })
    expect(trials[0]?.total.alerts).toBe(0)
  })
})

describe('a budget', () => {
  it.each([
    ['2/week', '2/week'],
    ['1/day', '7/week'],
    ['1/month', '0.233/week'],
  ])('is read and written: %s', (text, written) => {
    expect(formatBudget(parseBudget(text) as number)).toBe(written)
  })

  it.each(['2', '0/week', '2/year', '-1/day', ''])('refuses %j', (text) => {
    expect(parseBudget(text)).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { compareResults, matchAlerts, periodOf, totalOf } from '../../../src/backtest/comparison.ts'
import type { JobResult } from '../../../src/backtest/job.ts'
import { planBacktest } from '../../../src/backtest/plan.ts'
import { toHtml } from '../../../src/backtest/report/html.ts'
import { toText } from '../../../src/backtest/report/text.ts'
import { parseDetectors } from '../../../src/detection/definition/catalog.ts'
import type { FileText } from '../../../src/detection/definition/detector-texts.ts'
import type { Verdict } from '../../../src/detection/detection.ts'
import { day, hour } from '../../../src/duration.ts'
import { detectorText } from '../detection/detector-file.ts'
import { alertRecord, jobResult, start } from './histories.ts'

type Changes = Readonly<Record<string, string | null>>

function read(files: Readonly<Record<string, Changes>>, overlays: readonly FileText[] = []) {
  const detectors = Object.entries(files).map(([id, changes]) => ({
    file: `${id}.yaml`,
    text: detectorText({ id: `id: ${id}`, ...changes }),
  }))
  return parseDetectors({ detectors, overlays, hash: JSON.stringify(files) })
}

const watcher: Changes = {
  where: 'where: { action: detection }',
  measure: 'measure: sum(risk)',
  tests: `tests:
  - { name: quiet, given: [{ event: LoginEventStream }], expect: none }
  - { name: fires, given: [{ event: LoginEventStream }], expect: [{ entity: u1 }] }`,
}

describe('the plan', () => {
  const plan = (current: Record<string, Changes>, candidate: Record<string, Changes>) =>
    planBacktest(read(current), read(candidate))

  it('runs once what is the same in both sets', () => {
    const { changes, current, candidate } = plan(
      { one: {}, two: {}, old: {} },
      { one: {}, two: { fires: 'fires: { at_least: 7 }' }, fresh: {} },
    )
    expect(Object.fromEntries(changes)).toEqual({
      one: 'same',
      two: 'changed',
      old: 'removed',
      fresh: 'added',
    })
    expect(current).toEqual(['one', 'two', 'old'])
    expect(candidate).toEqual(['two', 'fresh'])
  })

  it('does not take other words for a change', () => {
    const words = { title: 'title: Other', alert: 'alert: { runbook: Other. }' }
    expect(plan({ one: {} }, { one: words }).candidate).toEqual([])
    expect(plan({ one: {} }, { one: { alert: 'alert: { runbook: x, repeat: 1h }' } }).candidate).toEqual([
      'one',
    ])
  })

  it('leaves out what is disabled', () => {
    const { changes } = plan({ one: {} }, { one: { status: 'status: disabled' } })
    expect(changes.get('one')).toBe('removed')
  })

  it('runs all of the candidate when one of its detectors must see what the others find', () => {
    const changed = { two: { fires: 'fires: { at_least: 7 }' } }
    expect(
      plan({ one: {}, two: {}, risk: watcher }, { one: {}, ...changed, risk: watcher }).candidate,
    ).toEqual(['one', 'two', 'risk'])
    expect(plan({ one: {}, risk: watcher }, { one: {}, risk: watcher }).candidate).toEqual([])
  })
})

describe('alerts of two sets', () => {
  const early = alertRecord()
  const late = alertRecord({ openedAt: start + 5 * day })

  it('are the same when they are about one entity and their times overlap', () => {
    const shifted = alertRecord({ openedAt: start + hour / 2, id: 'other' })
    expect(matchAlerts([early], [shifted])).toEqual({
      pairs: [{ current: early, candidate: shifted }],
      appear: [],
      disappear: [],
    })
  })

  it.each([
    ['another time', late],
    ['another entity', alertRecord({ entity: { type: 'user', id: 'u2' } })],
    ['another org', alertRecord({ org: { id: '00Dyy', name: 'other' } })],
    ['another detector', alertRecord({ detector: 'other' })],
  ])('are different ones with %s', (_, other) => {
    expect(matchAlerts([early], [other])).toEqual({ pairs: [], appear: [other], disappear: [early] })
  })

  it('are paired one by one', () => {
    const both = [alertRecord({ id: 'a' }), alertRecord({ id: 'b', openedAt: start + 1 })]
    expect(matchAlerts([early], both).appear.map(({ id }) => id)).toEqual(['b'])
  })
})

describe('the period', () => {
  it('is not stretched by a wrong clock', () => {
    const days = new Map([
      [0, 1],
      [20000, 5000],
      [20001, 0],
      [20002, 7000],
      [40000, 1],
    ])
    expect(periodOf(days)).toEqual({ from: 20000 * day, to: 20003 * day })
    expect(periodOf(new Map())).toEqual({ from: 0, to: 0 })
  })

  it('turns alerts into alerts per week and per day', () => {
    const total = totalOf([alertRecord(), alertRecord({ openedAt: start + 9 * day })], {
      from: start,
      to: start + 14 * day,
    })
    expect(total).toMatchObject({ alerts: 2, perWeek: 1, byLevel: { medium: 2, high: 0 } })
    expect(total.daily.map((count, index) => (count > 0 ? index : -1)).filter((index) => index >= 0)).toEqual(
      [0, 9],
    )
  })
})

describe('a comparison', () => {
  const exceptions = `exceptions:
  - { match: { user: u9 }, reason: nightly load, owner: me, expires: 2099-01-01 }
  - { match: { user: u8 }, reason: long gone, owner: me, expires: 2099-01-01 }`

  function compare(
    current: Partial<JobResult>,
    candidate?: Partial<JobResult>,
    file: Changes = {},
    overlays?: readonly FileText[],
  ) {
    const changed = candidate ? { fires: 'fires: { at_least: 9 }' } : {}
    const plan = planBacktest(
      read({ burst: file }, overlays),
      read({ burst: { ...file, ...changed } }, overlays),
    )
    return compareResults(plan, {
      current: jobResult(current),
      candidate: candidate && jobResult(candidate),
    })
  }

  const verdict = (changes: Partial<Verdict> = {}): Verdict => ({
    kind: 'verdict',
    id: 'verdict',
    by: null,
    note: null,
    org: alertRecord().org,
    alert: alertRecord().id,
    episodes: [],
    detector: 'burst',
    entity: { type: 'user', id: 'u1' },
    word: 'true_positive',
    time: start + 2 * hour,
    ...changes,
  })

  it('takes what was not run from the set of today', () => {
    const { candidate, detectors } = compare({ alerts: [alertRecord()] })
    expect(candidate.alerts).toBe(1)
    expect(detectors[0]).toMatchObject({ change: 'same', appear: [], disappear: [] })
  })

  it('names what appears, disappears and changes its level, and who has most', () => {
    const gone = alertRecord({ openedAt: start + 3 * day })
    const fresh = alertRecord({ openedAt: start + 6 * day })
    const higher = alertRecord({ level: 'high' })
    const { detectors } = compare({ alerts: [alertRecord(), gone] }, { alerts: [higher, fresh] })
    expect(detectors[0]).toMatchObject({
      appear: [fresh],
      disappear: [gone],
      levelChanges: [{ current: alertRecord(), candidate: higher }],
      topEntities: [{ entity: { id: 'u1' }, current: 2, candidate: 2 }],
    })
  })

  it('says what exceptions hid, and which hid nothing', () => {
    const hidden = alertRecord({ entity: { type: 'user', id: 'u9' } })
    const allowances = {
      exceptions: [
        { activities: 40, entities: new Set(['u9']) },
        { activities: 0, entities: new Set<string>() },
      ],
      overrides: [],
    }
    const comparison = compare(
      { unexcepted: [hidden], allowances: new Map([['burst', allowances]]) },
      undefined,
      { exceptions },
    )
    expect(comparison.detectors[0]?.exceptions).toMatchObject([
      { number: 1, reason: 'nightly load', activities: 40, entities: 1, alerts: [hidden] },
      { number: 2, reason: 'long gone', activities: 0, alerts: [] },
    ])
    const text = toText(comparison)
    expect(text).toContain('Exception 1, “nightly load” (me), kept out 40 activities of 1 entity; without it')
    expect(text).toContain('Exception 2, “long gone” (me), hid nothing')
  })

  const overrides = 'overrides: [{ match: { user: u9 }, fires: { at_least: 50 } }]'

  /** What one override after the other applied to. */
  const used = (...counts: readonly number[]) => {
    const uses = counts.map((activities) => ({
      activities,
      entities: new Set(activities > 0 ? ['u9'] : []),
    }))
    return { allowances: new Map([['burst', { exceptions: [], overrides: uses }]]) }
  }

  it('tells once what an override of both files did', () => {
    const sidesOf = (now: number, then: number) =>
      compare(used(now), used(then), { overrides }).detectors[0]?.overrides.map(({ side }) => side)
    expect(sidesOf(3, 3)).toEqual(['both'])
    expect(sidesOf(3, 0)).toEqual(['current', 'candidate'])
  })

  it('advises to remove idle overrides of overlays, but none of a detector: attacks may come that it is for', () => {
    const own = { file: 'own/mine.yaml', text: `id: burst\n${overrides}\n` }
    const { detectors, ...rest } = compare(used(0, 0), used(0, 0), { overrides }, [own])
    expect(detectors[0]?.overrides).toEqual([
      { side: 'both', overlay: null, number: 1, activities: 0, entities: 0 },
      { side: 'both', overlay: 'mine.yaml', number: 1, activities: 0, entities: 0 },
    ])
    const text = toText({ ...rest, detectors })
    expect(text).toContain('Override 1 of mine.yaml applied to nothing: remove it')
    expect(text).not.toContain('Override 1 applied')
    expect(toHtml({ ...rest, detectors })).toContain('Override 1 applied to nothing in this time.')
  })

  it('names true positives that the candidate does not raise, and who still does', () => {
    const other = alertRecord({ detector: 'other' })
    const verdicts = [verdict()]
    const lost = compare({ alerts: [alertRecord()], verdicts }, { alerts: [other] })
    expect(lost.lostVerdicts).toMatchObject([
      { verdict: { detector: 'burst' }, current: alertRecord(), stillBy: ['other'] },
    ])
    expect(toText(lost)).toContain('1 verdict is lost, of 1 true positive')
    expect(compare({ alerts: [alertRecord()], verdicts }, { alerts: [alertRecord()] }).lostVerdicts).toEqual(
      [],
    )
  })

  it('lets the last word about an alert count', () => {
    const verdicts = [verdict(), verdict({ word: 'expected', time: start + 3 * hour })]
    expect(compare({ alerts: [alertRecord()], verdicts }, {})).toMatchObject({
      verdicts: 0,
      lostVerdicts: [],
    })
  })

  it('finds the judged alert by its episode, when its id is another in this history', () => {
    const known = alertRecord({ openedAt: start + hour })
    const verdicts = [verdict({ alert: 'elsewhere', episodes: known.episodes, time: start + 9 * day })]
    expect(compare({ alerts: [known], verdicts }, {}).lostVerdicts[0]?.current).toEqual(known)
  })

  it('becomes one HTML file that loads nothing and believes no text', () => {
    const evil = alertRecord({ summary: '<script>alert("x")</script>', openedAt: start + day })
    const page = toHtml(compare({ alerts: [alertRecord()] }, { alerts: [evil] }))
    expect(page).not.toContain('<script')
    expect(page).toContain('&#60;script&#62;')
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/(src|href)="(?!#)/)
    expect(page).toContain('1 alert appears, 1 disappears.')
    expect(page).toContain('<title>Tue, Sep 8: 0 now, 1 with the candidate</title>')
  })
})

import { describe, expect, test } from 'vitest'
import { closeDay, growingOf } from '../../../../src/detection/baseline/drift/drift-model.ts'
import { workloadOf } from '../../../../src/detection/baseline/drift/drift-other-work.ts'
import { DriftRow, drift } from '../../../../src/detection/baseline/drift/drift-row.ts'
import { createRandom, gamma, poisson } from '../statistics-rig.ts'

const people = 100
const odds = 500
const usual = { rows: 4000, pages: 100 }

/** What somebody does on a day: multiples of the usual rows and pages. */
type Done = { readonly rows: number; readonly pages: number }

const asUsual: Done = { rows: 1, pages: 1 }
/** Reports that Salesforce runs in the name of those who are away. */
const away: Done = { rows: 0.15, pages: 0 }

/** Per person the day of the first alert, null for none; days vary by a fifth. */
function firstAlerts(days: number, doneOn: (d: number) => Done): (number | null)[] {
  const random = createRandom(17)
  return Array.from({ length: people }, () => {
    const row = new DriftRow()
    for (let d = 1; d <= days; d++) {
      const { rows, pages } = isWeekend(d) ? { rows: 0.02, pages: 0 } : doneOn(d)
      close(row, d, usual.rows * rows * gamma(random, 25), poisson(random, usual.pages * pages))
      if (row.get(drift.alerted) > 0) return d
    }
    return null
  })
}

function close(row: DriftRow, d: number, rows: number, pages: number): void {
  row.set(drift.today, Math.round(rows))
  row.set(drift.otherToday, pages)
  const context = { day: d, isRest: isWeekend(d), peerGrowth: 1, peerRoot: 60, bound: Math.log(odds) }
  closeDay(row, context, isWeekend)
}

function isWeekend(d: number): boolean {
  return d % 7 >= 5
}

function share(alerts: readonly (number | null)[], first: number, last: number): number {
  return alerts.filter((d) => d !== null && d >= first && d <= last).length / alerts.length
}

describe('of somebody who was half as busy again for the four weeks before the last two', () => {
  const busyUntil = 28
  const since = 42
  const before = (d: number): Done => (d <= busyUntil ? { rows: 1.5, pages: 1.5 } : asUsual)

  test('twice the rows beside the usual pages is growth, although it is little more than what was usual then', () => {
    const alerts = firstAlerts(since + 21, (d) => (d > since ? { rows: 2, pages: 1 } : before(d)))
    expect(share(alerts, since, since + 18)).toBeGreaterThan(0.9)
  })

  test('the usual work is none', () => {
    expect(share(firstAlerts(since + 21, before), 1, since + 21)).toBeLessThan(0.04)
  })
})

test('a busy month, with as much more of everything, is no growth up to half as much again', () => {
  const busy = (d: number): Done => (d > 42 ? { rows: 1.7, pages: 1.7 } : asUsual)
  expect(share(firstAlerts(70, busy), 1, 70)).toBeLessThan(0.04)
})

test('whoever opens ten times the pages may still not take four times the rows', () => {
  const hiding = (d: number): Done => (d > 42 ? { rows: 4, pages: 10 } : asUsual)
  expect(share(firstAlerts(63, hiding), 42, 56)).toBe(1)
})

test('a week off in the middle of it does not undo what was seen of a growth, nor thin it out', () => {
  const row = new DriftRow()
  for (let d = 0; d < 49; d++) close(row, d, isWeekend(d) ? 0 : usual.rows, isWeekend(d) ? 0 : usual.pages)
  for (let d = 49; d < 54; d++) close(row, d, 2 * usual.rows, usual.pages)
  const evidence = row.get(drift.evidence)
  expect(evidence).toBeGreaterThan(5)
  for (let d = 54; d < 63; d++) close(row, d, isWeekend(d) ? 0 : 0.15 * usual.rows, 0)
  expect(row.get(drift.evidence)).toBeGreaterThan(0.6 * evidence)
  expect(growingOf(row)).toBe(1)
  expect(row.get(drift.observed) / row.get(drift.expected)).toBeGreaterThan(1.7)
})

test('whoever is watched for one day before a holiday has not grown when they are back', () => {
  const alerts = firstAlerts(50, (d) => (d > 2 && d <= 18 ? away : asUsual))
  expect(share(alerts, 1, 50)).toBeLessThan(0.04)
})

describe('how much there is to do', () => {
  function rowWith(pages: number): DriftRow {
    const row = new DriftRow()
    for (let d = 0; d < 49; d++) close(row, d, usual.rows, isWeekend(d) ? 0 : usual.pages)
    for (let d = 49; d < 53; d++) close(row, d, usual.rows, pages)
    row.set(drift.otherToday, pages)
    return row
  }

  test.each([
    [100, 1],
    [120, 1.2],
    [80, 0.8],
    [1000, 1.5],
    [10, 0.67],
  ])('is read from a week: %d pages a day instead of 100 are %d times as much', (pages, workload) => {
    expect(workloadOf(rowWith(pages), 53, isWeekend)).toBeCloseTo(workload, 1)
  })

  test('is the usual where hardly any pages are', () => {
    const row = new DriftRow()
    for (let d = 0; d < 49; d++) close(row, d, usual.rows, 0)
    expect(workloadOf(row, 49, isWeekend)).toBe(1)
  })
})

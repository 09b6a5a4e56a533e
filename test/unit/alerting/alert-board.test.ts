import { expect, it } from 'vitest'
import type { Alert } from '../../../src/alerting/alert.ts'
import { createAlertBoard } from '../../../src/alerting/alert-board.ts'
import { detector, makeAlert } from '../../support/make-detection.ts'

const none = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 }

it('counts open alerts by level as they rise, resolve, reopen and are removed', () => {
  const board = createAlertBoard()
  const alert = { ...makeAlert(), status: 'open', level: 'low' } as const
  board.update(alert)
  board.update({ ...alert, id: 'other', level: 'critical' })
  expect(board.openByLevel()).toEqual({ ...none, low: 1, critical: 1 })
  board.update({ ...alert, level: 'high' })
  expect(board.openByLevel()).toEqual({ ...none, high: 1, critical: 1 })
  board.update({ ...alert, level: 'high', status: 'resolved' })
  board.remove('other')
  board.remove('nobody')
  expect(board.openByLevel()).toEqual(none)
  board.update(alert)
  expect(board.openByLevel()).toEqual({ ...none, low: 1 })
})

it('counts no alert of an experimental detector, of which nobody is told, until it is stable', () => {
  const board = createAlertBoard()
  const alert = makeAlert({ level: 'high', detector: { ...detector, status: 'experimental' } })
  board.update(alert)
  expect(board.openByLevel()).toEqual(none)
  board.update({ ...alert, latest: { ...alert.latest, detector } })
  expect(board.openByLevel()).toEqual({ ...none, high: 1 })
})

it('looks at no alert again to count them', () => {
  const board = createAlertBoard()
  let looks = 0
  for (let i = 0; i < 100; i++) {
    const alert: Alert = { ...makeAlert(), id: `${i}` }
    const get = () => {
      looks++
      return 'open'
    }
    board.update(Object.defineProperty(alert, 'status', { get }))
  }
  const before = looks
  for (let i = 0; i < 10; i++) board.openByLevel()
  expect(looks).toBe(before)
})

import { expect, test } from 'vitest'
import { createManualClock } from '../../src/clock.ts'

test('timers run in the order in which they fall due, each at its own time', () => {
  const clock = createManualClock(1_000)
  const seen: string[] = []
  clock.after(30, () => seen.push(`b@${clock.now()}`))
  clock.every(20, () => seen.push(`tick@${clock.now()}`))
  clock.after(10, () => seen.push(`a@${clock.now()}`))
  clock.advance(45)
  expect(seen).toEqual(['a@1010', 'tick@1020', 'b@1030', 'tick@1040'])
  expect(clock.now()).toBe(1_045)
})

test('a cancelled timer does not run, and time never goes back', () => {
  const clock = createManualClock(100)
  const cancel = clock.after(10, () => expect.unreachable())
  cancel()
  cancel()
  clock.advanceTo(50)
  clock.advanceTo(200)
  expect(clock.now()).toBe(200)
})

test('sleep ends when its time has come or its signal aborts', async () => {
  const clock = createManualClock()
  const ended: string[] = []
  const abort = new AbortController()
  const slept = clock.sleep(10).then(() => ended.push('slept'))
  const aborted = clock.sleep(1_000, abort.signal).then(() => ended.push('aborted'))
  abort.abort()
  await aborted
  clock.advance(10)
  await slept
  await clock.sleep(1_000, abort.signal)
  expect(ended).toEqual(['aborted', 'slept'])
})

test('a timer may set another that falls due within the same step', () => {
  const clock = createManualClock()
  const seen: number[] = []
  clock.after(10, () => clock.after(10, () => seen.push(clock.now())))
  clock.advance(100)
  expect(seen).toEqual([20])
})

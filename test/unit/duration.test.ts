import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/duration.ts'

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['0s', 0],
])('%s is %d ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each(['', '5', 'm', '5 m', '-5m', '5x', '5M', 'm5', '5m ', '1.m'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([0, 1, 999, 1_000, 61_000, 90_061_000, 604_800_000, 3_600_001])(
  '%d ms reads back as itself',
  (value) => {
    expect(parseDuration(formatDuration(value))).toBe(value)
  },
)

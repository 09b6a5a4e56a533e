import { describe, expect, test } from 'vitest'
import { hourOfWeek, hoursPerWeek, Season } from '../../../../src/detection/algorithms/season.ts'
import { createZoneOffset } from '../../../../src/detection/algorithms/zone-offset.ts'
import { day, hour, minute, week } from '../../../../src/duration.ts'
import { createRandom } from '../statistics-rig.ts'

const berlin = createZoneOffset('Europe/Berlin')
const random = createRandom(7)
const factors = Float64Array.from({ length: hoursPerWeek }, () => random() * 5)
const season = new Season(factors, 14 * day)

describe('the hour of the week', () => {
  test('is local: 14:00 in Berlin is the same hour before and after the clock is changed', () => {
    const winter = Date.parse('2026-03-23T13:00:00Z')
    const summer = Date.parse('2026-03-30T12:00:00Z')
    expect(hourOfWeek(summer, berlin)).toBe(hourOfWeek(winter, berlin))
  })

  test('is right in zones with odd offsets and for a change by half an hour', () => {
    expect(createZoneOffset('Asia/Kathmandu')(Date.parse('2026-01-01T00:00:00Z'))).toBe(5.75 * hour)
    const howe = createZoneOffset('Australia/Lord_Howe')
    expect(howe(Date.parse('2026-01-01T00:00:00Z')) - howe(Date.parse('2026-07-01T00:00:00Z'))).toBe(hour / 2)
    expect(createZoneOffset('UTC')(0)).toBe(0)
  })

  test('an unknown zone is refused', () => {
    expect(() => createZoneOffset('Europe/Nowhere')).toThrow(RangeError)
  })
})

describe('exposure', () => {
  test.each([
    ['within an hour', '2026-03-10T10:05:00Z', 10 * minute],
    ['over midnight', '2026-03-10T21:30:00Z', 5 * hour],
    ['over weeks', '2026-01-03T04:20:00Z', 3 * week + 5 * hour],
    ['over the lost hour', '2026-03-29T00:30:00Z', hour],
    ['over the doubled hour', '2026-10-25T00:30:00Z', hour],
    ['over a day with the doubled hour', '2026-10-24T12:00:00Z', day],
  ])('%s is what adding up minute by minute gives', (_, from, length) => {
    const start = Date.parse(from)
    expect(season.exposure(start, start + length, berlin)).toBeCloseTo(addedUp(start, start + length), 6)
  })

  test('decayed over any span is what adding up minute by minute gives', () => {
    const start = Date.parse('2026-02-03T04:20:00Z')
    for (const length of [30 * minute, 7 * hour, 9 * day]) {
      const end = start + length
      const weight = (time: number) => 2 ** ((time - end) / (14 * day))
      const squares = season.decayedSquares(start, end, berlin)
      expect(season.decayedExposure(start, end, berlin)).toBeCloseTo(addedUp(start, end, weight), 3)
      expect(squares / addedUp(start, end, weight, 2)).toBeCloseTo(1, 4)
    }
  })
})

function addedUp(start: number, end: number, weight: (time: number) => number = () => 1, power = 1): number {
  let sum = 0
  for (let time = start; time < end; time += minute) {
    sum += (factors[hourOfWeek(time, berlin)] as number) ** power * weight(time + minute / 2)
  }
  return sum / 60
}

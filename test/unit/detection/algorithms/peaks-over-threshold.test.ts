import { describe, expect, test } from 'vitest'
import {
  calibrate,
  fadeTail,
  noteScore,
  noteWindows,
  tail,
  tailOf,
} from '../../../../src/detection/algorithms/peaks-over-threshold.ts'
import { createRandom } from '../statistics-rig.ts'

/** A tail that has seen `count` scores of windows, of which most are idle. */
function seen(count: number, scoreOf: (u: number) => number, idle = 0): Float64Array {
  const random = createRandom(21)
  const numbers = new Float64Array(tail.count)
  noteWindows(numbers, 0, count * (1 + idle))
  for (let i = 0; i < count; i++) noteScore(numbers, 0, scoreOf(random()))
  return numbers
}

/** Share of `count` fresh scores whose calibrated probability is at most 10^log10p. */
function shareBelow(numbers: Float64Array, log10p: number, scoreOf: (u: number) => number, count = 400_000) {
  const random = createRandom(22)
  const known = tailOf(numbers, 0)
  let below = 0
  for (let i = 0; i < count; i++) if (calibrate(-scoreOf(random()), known) <= log10p) below++
  return below / count
}

const exact = (u: number) => -Math.log10(u)
/** A model that thinks itself twice as good, in powers of ten, as it is. */
const boastful = (u: number) => -2 * Math.log10(u)
/** One that thinks itself three quarters as good. */
const modest = (u: number) => -0.75 * Math.log10(u)
/** One window in five hundred is a burst, ten times as rare where it is twice as surprising. */
const frequentBursts = (u: number) => (u < 2e-3 ? 2.7 * (2e-3 / u) ** 0.3 : -Math.log10(u))
/** Three windows in ten thousand are bursts without limit. */
const bursts = (u: number) => (u < 3e-4 ? 3.52 * (3e-4 / u) ** 0.4 : -Math.log10(u))

describe('a calibrated tail', () => {
  test.each([
    ['of an exact model', exact],
    ['of a boastful model', boastful],
    ['of a modest model', modest],
    ['with bursts that the far point sees', frequentBursts],
  ])('%s keeps what it promises', (_, scoreOf) => {
    const numbers = seen(400_000, scoreOf)
    for (const p of [1e-3, 1e-4]) {
      const actual = shareBelow(numbers, Math.log10(p), scoreOf)
      expect(actual / p).toBeLessThan(1.5)
      expect(actual / p).toBeGreaterThan(0.3)
    }
  })

  test('takes most of what is rarer than its far point for attacks: such bursts fire up to twice as often as said', () => {
    const numbers = seen(400_000, bursts)
    const actual = shareBelow(numbers, -4, bursts) / 1e-4
    expect(actual).toBeLessThan(2)
    expect(actual).toBeGreaterThan(1)
  })

  test('has the parameters of the exponential distribution that an exact model has', () => {
    const { u, pi, xi, sigma } = tailOf(seen(1_000_000, exact), 0)
    expect(u).toBeCloseTo(-Math.log10(0.003), 1)
    expect(pi).toBeCloseTo(0.003, 3)
    expect(xi).toBeLessThan(0.1)
    expect(sigma).toBeCloseTo(1 / Math.LN10, 1)
  })

  test('counts idle windows without looking at them', () => {
    const busy = tailOf(
      seen(200_000, (u) => (u < 0.1 ? -Math.log10(u * 10) : 0)),
      0,
    )
    const idle = tailOf(seen(20_000, exact, 9), 0)
    expect(idle.u).toBeCloseTo(busy.u, 0)
    expect(idle.pi / busy.pi).toBeGreaterThan(0.7)
    expect(idle.pi / busy.pi).toBeLessThan(1.4)
  })

  test('is a little more careful than the model while it has seen nothing', () => {
    const known = tailOf(new Float64Array(tail.count), 0)
    expect(known.pi).toBeCloseTo(0.003, 12)
    expect(known.xi).toBe(0)
    expect(known.sigma).toBeCloseTo(0.6, 12)
    // 0.003·exp(−(6 − 2.523)/0.6)
    expect(10 ** calibrate(-6, known)).toBeCloseTo(0.003 * Math.exp(-(6 + Math.log10(0.003)) / 0.6), 12)
  })

  test('makes nothing ordinary improbable', () => {
    const known = tailOf(seen(400_000, modest), 0)
    for (const log10p of [-0.5, -1, -1.99]) expect(calibrate(log10p, known)).toBeGreaterThanOrEqual(log10p)
  })

  test('says of heavier tails that the same score is more probable, in order of the scores', () => {
    const known = tailOf(seen(200_000, bursts), 0)
    const probabilities = [-3, -5, -8, -20, -300].map((log10p) => calibrate(log10p, known))
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a))
    expect(known.xi).toBeGreaterThan(0.2)
  })

  test('forgets', () => {
    const numbers = seen(100_000, boastful)
    const before = tailOf(numbers, 0).sigma
    for (let i = 0; i < 20; i++) fadeTail(numbers, 0, 0.5)
    expect(before).toBeGreaterThan(0.75)
    expect(tailOf(numbers, 0).sigma).toBeCloseTo(0.6, 2)
  })
})

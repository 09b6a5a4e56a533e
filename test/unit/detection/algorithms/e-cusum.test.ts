import { gammaln } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import {
  evidenceOf,
  growthRatio,
  nextEvidence,
  staked,
  upperFactor,
} from '../../../../src/detection/algorithms/e-cusum.ts'
import { onceIn, thresholdFor } from '../../../../src/detection/algorithms/frequency.ts'
import { day } from '../../../../src/duration.ts'
import { createRandom, gamma, poisson } from '../statistics-rig.ts'

describe('the evidence for growth', () => {
  test('is the logarithm of the ratio of two gamma densities', () => {
    for (const [root, mu, phi] of [
      [0.1, 3, 2],
      [7, 3, 2],
      [40, 10, 0.5],
    ] as const) {
      const expected = logDensity(root, growthRatio * mu, phi) - logDensity(root, mu, phi)
      expect(evidenceOf(root, mu, phi)).toBeCloseTo(expected, 9)
    }
  })

  test('is a fair bet where nothing has grown: its mean stake is 1', () => {
    const [mu, size] = [6, 2]
    const step = 0.001
    let mean = 0
    for (let root = step / 2; root < 100; root += step)
      mean += step * Math.exp(logDensity(root, mu, size) + evidenceOf(root, mu, size))
    expect(mean).toBeCloseTo(1, 5)
  })

  test('of which a part is bet loses no more than that, gains what is left of it, and is as fair', () => {
    expect(staked(-1000, 0.2)).toBeCloseTo(Math.log(0.8), 12)
    expect(staked(1000, 0.2)).toBeCloseTo(1000 + Math.log(0.2), 9)
    for (const gain of [-3, -0.1, 0, 0.1, 3]) {
      expect(Math.exp(staked(gain, 0.2))).toBeCloseTo(0.8 + 0.2 * Math.exp(gain), 12)
      expect(staked(gain, 1)).toBeCloseTo(gain, 12)
    }
  })

  test('reaches ln A no more often than once in A periods', () => {
    const random = createRandom(31)
    const [mu, phi, bound] = [8, 3, Math.log(200)]
    let crossings = 0
    let evidence = 0
    for (let i = 0; i < 200_000; i++) {
      evidence = nextEvidence(evidence, evidenceOf(mu * gamma(random, phi), mu, phi), bound)
      if (evidence < bound) continue
      crossings++
      evidence = 0
    }
    expect(crossings).toBeGreaterThan(0)
    expect(crossings).toBeLessThanOrEqual(200_000 / 200)
  })

  test('of a doubling passes a thousand to one within days', () => {
    const random = createRandom(32)
    let days = 0
    for (let evidence = 0; evidence < Math.log(1000); days++) {
      const root = Math.sqrt(poisson(random, 200 * gamma(random, 6)))
      evidence = nextEvidence(evidence, evidenceOf(root, 10, 24), 3)
    }
    expect(days).toBeLessThan(15)
  })

  test('is bounded for a single period, and forgets what speaks against it', () => {
    expect(nextEvidence(2, evidenceOf(1e6, 10, 3), 4)).toBe(6)
    expect(nextEvidence(-50, evidenceOf(0, 10, 3), 4)).toBe(evidenceOf(0, 10, 3))
  })
})

test('a mean of which little is known is raised further', () => {
  expect(upperFactor(5, 1e9)).toBeCloseTo(1, 4)
  expect(upperFactor(5, 20)).toBeCloseTo(1 + 0.3 * Math.sqrt(0.01), 12)
})

test('the frequency of a surprise and the threshold of a budget are inverse to each other', () => {
  const looks = (4812 * 144) / day
  expect(onceIn(Math.log10(2e-9), looks) / day).toBeCloseTo(1 / (2e-9 * 4812 * 144), 6)
  const threshold = thresholdFor(2 / day, looks)
  expect(threshold).toBeCloseTo(2 / (4812 * 144), 12)
  expect(onceIn(Math.log10(threshold), looks)).toBeCloseTo(day / 2, 0)
})

/** Logarithm of the gamma density with this mean and this shape. */
function logDensity(x: number, mean: number, shape: number): number {
  return (shape - 1) * Math.log(x) - (shape * x) / mean - shape * Math.log(mean / shape) - gammaln(shape)
}

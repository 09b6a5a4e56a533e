import { describe, expect, test } from 'vitest'
import {
  log10Mixture,
  log10NegativeBinomialTail,
  log10PoissonTail,
  log10StudentTail,
  negativeBinomialQuantile,
  studentQuantile,
} from '../../../../src/detection/algorithms/log-tails.ts'

describe('a mixture of two probabilities', () => {
  test.each([
    [0.25, -2, -3, Math.log10(0.25 * 1e-2 + 0.75 * 1e-3)],
    [0, 0, -400, -400],
    [1, -400, 0, -400],
    [0.5, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ])('%d of %d, else %d', (share, one, other, expected) => {
    expect(log10Mixture(share, one, other)).toBeCloseTo(expected, 12)
  })
})

describe('the negative binomial tail', () => {
  test.each([
    [412, 38, 2, -7.8434208698],
    [412, 38, 10, -29.8731845043],
    [7, 0.02, 0.3, -9.4857683304],
    [50_000, 100, 3, -635.8351520808],
  ])('of %d, expecting %d, r = %d, is 10^%d', (y, mu, r, expected) => {
    expect(log10NegativeBinomialTail(y, mu, r)).toBeCloseTo(expected, 9)
  })

  test.each([
    [1, 0.001, 0.2],
    [12, 0.43, 0.5],
    [40, 38, 2],
    [39, 38, 2],
    [1000, 400, 3.7],
    [90, 30, 1e6],
  ])('agrees with summing the probabilities: y = %d, mu = %d, r = %d', (y, mu, r) => {
    expect(log10NegativeBinomialTail(y, mu, r)).toBeCloseTo(summedTail(y, mu, r), 8)
  })

  test('has the closed form of a geometric distribution at r = 1, however far out', () => {
    for (const y of [1, 10, 1e3, 1e5]) {
      expect(log10NegativeBinomialTail(y, 5, 1) / (y * Math.log10(5 / 6))).toBeCloseTo(1, 10)
    }
  })

  test('becomes the Poisson tail when r grows', () => {
    expect(log10NegativeBinomialTail(60, 20, 1e9)).toBeCloseTo(log10PoissonTail(60, 20), 5)
    expect(log10NegativeBinomialTail(60, 20, Number.POSITIVE_INFINITY)).toBe(log10PoissonTail(60, 20))
    expect(log10PoissonTail(412, 38)).toBeCloseTo(-265.7054, 3)
  })

  test('is certain at nothing and impossible without an expectation', () => {
    expect(log10NegativeBinomialTail(0, 3, 2)).toBe(0)
    expect(log10NegativeBinomialTail(1, 0, 2)).toBe(Number.NEGATIVE_INFINITY)
  })

  test('has the usual ranges of the worked example', () => {
    const ranges = [2, 3, 10].map((r) => [0.05, 0.95].map((p) => negativeBinomialQuantile(p, 38, r)))
    expect(ranges).toEqual([
      [6, 91],
      [9, 81],
      [18, 62],
    ])
  })
})

describe("Student's t tail", () => {
  test('has the closed form of five degrees of freedom', () => {
    for (const t of [0, 0.3, 1, 2.5, 6, 15]) {
      expect(10 ** log10StudentTail(t, 5)).toBeCloseTo(closedFormFive(t), 12)
    }
  })

  test('follows its power law far out, where a double would be long 0', () => {
    const slope = log10StudentTail(1e81, 5) - log10StudentTail(1e80, 5)
    expect(slope).toBeCloseTo(-5, 9)
  })

  test('is symmetrical, and its quantiles are those of the tables', () => {
    expect(10 ** log10StudentTail(-1.3, 5)).toBeCloseTo(1 - 10 ** log10StudentTail(1.3, 5), 12)
    expect(studentQuantile(0.95, 5)).toBeCloseTo(2.015048, 5)
    expect(studentQuantile(0.05, 5)).toBeCloseTo(-2.015048, 5)
    expect(studentQuantile(0.95, 30)).toBeCloseTo(1.697261, 5)
  })
})

/** log10 of the sum of the probabilities from y on, each from the one before, scaled by the first. */
function summedTail(y: number, mu: number, r: number): number {
  const q = mu / (mu + r)
  let log = r * Math.log(r / (r + mu))
  for (let j = 0; j < y; j++) log += Math.log((q * (j + r)) / (j + 1))
  let sum = 0
  let term = 1
  for (let j = y; term > 1e-18 * sum || j < mu; j++) {
    sum += term
    term *= (q * (j + r)) / (j + 1)
  }
  return (log + Math.log(sum)) / Math.LN10
}

/** P(T > t) with five degrees of freedom by its elementary integral. */
function closedFormFive(t: number): number {
  const angle = Math.atan(t / Math.sqrt(5))
  const cosine = Math.cos(angle)
  const inner = (2 / Math.PI) * (angle + Math.sin(angle) * (cosine + (2 / 3) * cosine ** 3))
  return (1 - inner) / 2
}

import { describe, expect, test } from 'vitest'
import {
  type Beta,
  betaBinomialQuantile,
  betaPriorByMoments,
  log10BetaBinomialTail,
  predictiveBeta,
} from '../../../../src/detection/algorithms/beta-binomial.ts'
import { createRandom, gamma } from '../statistics-rig.ts'

describe('the beta-binomial tail', () => {
  test.each([
    [1, 1, 1, 1],
    [3, 10, 1, 1],
    [9, 10, 2, 30],
    [40, 50, 3, 60],
    [120, 200, 1, 19],
    [500, 500, 2, 98],
    [300, 1000, 5, 995],
    [7, 12, 40, 3],
  ])('of %d of %d with Beta(%d, %d) is what exact fractions add up to', (y, n, alpha, beta) => {
    expect(log10BetaBinomialTail(y, n, { alpha, beta })).toBeCloseTo(exactTail(y, n, alpha, beta), 9)
  })

  test.each([
    [6, 9, 0.4, 0.7],
    [20, 60, 0.2, 3.3],
    [55, 60, 0.05, 0.3],
  ])('of %d of %d with Beta(%d, %d), U-shaped or not, is what its integral gives', (y, n, alpha, beta) => {
    expect(log10BetaBinomialTail(y, n, { alpha, beta })).toBeCloseTo(integratedTail(y, n, alpha, beta), 4)
  })

  test('is uniform over 0 to n for Beta(1, 1)', () => {
    for (const y of [1, 5, 17])
      expect(10 ** log10BetaBinomialTail(y, 17, { alpha: 1, beta: 1 })).toBeCloseTo((18 - y) / 18, 12)
  })

  test('stays finite where a double has long been 0', () => {
    const share = { alpha: 20_000, beta: 980_000 }
    const tail = log10BetaBinomialTail(5000, 10_000, share)
    expect(tail).toBeLessThan(-2000)
    expect(tail).toBeGreaterThan(-20_000)
  })

  test('is certain of no hits and impossible beyond the trials', () => {
    expect(log10BetaBinomialTail(0, 9, { alpha: 1, beta: 2 })).toBe(0)
    expect(log10BetaBinomialTail(10, 9, { alpha: 1, beta: 2 })).toBe(Number.NEGATIVE_INFINITY)
  })

  test('has quantiles with at least their probability below, and no smaller ones', () => {
    const share = { alpha: 2, beta: 30 }
    for (const p of [0.05, 0.5, 0.95]) {
      const k = betaBinomialQuantile(p, 80, share)
      expect(1 - 10 ** log10BetaBinomialTail(k + 1, 80, share)).toBeGreaterThanOrEqual(p - 1e-12)
      expect(1 - 10 ** log10BetaBinomialTail(k, 80, share)).toBeLessThan(p)
    }
  })
})

describe('the prior of the shares of a group', () => {
  const sumsOf = (entities: readonly { n: number; k: number }[]) => ({
    entities: entities.length,
    trials: entities.reduce((sum, { n }) => sum + n, 0),
    squaredTrials: entities.reduce((sum, { n }) => sum + n * n, 0),
    hits: entities.reduce((sum, { k }) => sum + k, 0),
    squaredHits: entities.reduce((sum, { n, k }) => sum + (k * k) / n, 0),
  })

  test('finds the distribution that the shares were drawn from', () => {
    const random = createRandom(12)
    const entities = Array.from({ length: 4000 }, () => {
      const [a, b] = [2 * gamma(random, 2), 38 * gamma(random, 38)]
      const n = 20 + Math.floor(300 * random())
      const k = Array.from({ length: n }, () => random() < a / (a + b)).filter(Boolean).length
      return { n, k }
    })
    const { alpha, beta } = betaPriorByMoments(sumsOf(entities))
    expect(alpha / (alpha + beta)).toBeCloseTo(0.05, 2)
    expect(alpha + beta).toBeGreaterThan(30)
    expect(alpha + beta).toBeLessThan(52)
  })

  test('is strong where all are alike and vague where there is nobody', () => {
    const alike = betaPriorByMoments(sumsOf(Array.from({ length: 50 }, () => ({ n: 100, k: 5 }))))
    expect(alike.alpha + alike.beta).toBe(500)
    expect(betaPriorByMoments(sumsOf([]))).toEqual({ alpha: 0.5, beta: 1.5 })
  })
})

test('what an entity may do next is wider the less it is known and the more it changes', () => {
  const widths = [
    [{ alpha: 500, beta: 9500 }, 0],
    [{ alpha: 500, beta: 9500 }, 0.02],
    [{ alpha: 5, beta: 95 }, 0.02],
  ].map(([share, unrest]) => betaBinomialQuantile(0.99, 200, predictiveBeta(share as Beta, unrest as number)))
  expect(widths[0]).toBeLessThan(widths[1] as number)
  expect(widths[1]).toBeLessThan(widths[2] as number)
  expect(
    predictiveBeta({ alpha: 5, beta: 95 }, 0).alpha / predictiveBeta({ alpha: 5, beta: 95 }, 0).beta,
  ).toBeCloseTo(5 / 95, 12)
})

/** Integer parameters: C(k+α−1, k)·C(n−k+β−1, n−k) / C(n+α+β−1, n), added up in whole numbers. */
function exactTail(y: number, n: number, alpha: number, beta: number): number {
  let sum = 0n
  for (let k = y; k <= n; k++) sum += choose(k + alpha - 1, k) * choose(n - k + beta - 1, n - k)
  const digits = (value: bigint) => {
    const text = value.toString()
    return text.length + Math.log10(Number(`0.${text.slice(0, 17)}`))
  }
  return digits(sum) - digits(choose(n + alpha + beta - 1, n))
}

function choose(n: number, k: number): bigint {
  let value = 1n
  for (let i = 1; i <= k; i++) value = (value * BigInt(n - k + i)) / BigInt(i)
  return value
}

/** ∫ P(Binomial(n, p) ≥ y)·Beta(p) dp with p = 1/(1+e^−t), so that the ends are smooth. */
function integratedTail(y: number, n: number, alpha: number, beta: number): number {
  let above = 0
  let all = 0
  for (let t = -400; t <= 400; t += 0.05) {
    const logit = { p: -Math.log1p(Math.exp(-t)), q: -Math.log1p(Math.exp(t)) }
    const density = Math.exp(alpha * logit.p + beta * logit.q)
    let tail = 0
    for (let k = y; k <= n; k++) tail += Math.exp(logChoose(n, k) + k * logit.p + (n - k) * logit.q)
    above += density * tail
    all += density
  }
  return Math.log10(above / all)
}

function logChoose(n: number, k: number): number {
  let log = 0
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i)
  return log
}

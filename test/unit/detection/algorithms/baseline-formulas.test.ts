import { describe, expect, test } from 'vitest'
import {
  predictiveSize,
  priorByMoments,
  shrunkSpread,
  winsorCap,
} from '../../../../src/detection/algorithms/gamma-poisson.ts'
import {
  type LogMoments,
  learnLog,
  logPredictive,
  winsorLog,
} from '../../../../src/detection/algorithms/log-t.ts'
import { log10NegativeBinomialTail } from '../../../../src/detection/algorithms/log-tails.ts'
import { binOf, binRates } from '../../../../src/detection/algorithms/rate-histogram.ts'
import { day, minute } from '../../../../src/duration.ts'
import { createRandom, gamma, normal } from '../statistics-rig.ts'

describe('the prior of a group', () => {
  test('has the mean and variance of the rates', () => {
    const random = createRandom(1)
    const weights = new Float64Array(binRates.length)
    for (let i = 0; i < 20_000; i++) {
      const bin = binOf(0.01 * gamma(random, 2))
      weights[bin] = (weights[bin] as number) + 1
    }
    const { a0, b0 } = priorByMoments({ rates: binRates, weights }, 1)
    expect(a0 / b0).toBeGreaterThan(0.0095)
    expect(a0 / b0).toBeLessThan(0.0105)
    expect(a0).toBeGreaterThan(1.7)
    expect(a0).toBeLessThan(2.5)
  })

  test('does not see one monstrous entity among hundreds', () => {
    const honest = priorByMoments({ rates: [1, 2, 3], weights: [100, 200, 100] }, 1)
    const poisoned = priorByMoments({ rates: [1, 2, 3, 1e6], weights: [100, 200, 100, 1] }, 1)
    expect(poisoned.a0 / poisoned.b0).toBeCloseTo(honest.a0 / honest.b0, 1)
  })

  test('is vague around the fallback while there are too few rates', () => {
    const { a0, b0 } = priorByMoments({ rates: [5], weights: [2] }, 0.25)
    expect([a0, a0 / b0]).toEqual([0.5, 0.25])
  })

  test('lets a newcomer pass who would be stopped after two quiet days', () => {
    const { a0, b0 } = { a0: 0.35, b0: 0.35 / 0.43 }
    const size = (a: number) => predictiveSize(2, a)
    const newcomer = log10NegativeBinomialTail(12, a0 / b0, size(a0))
    const known = log10NegativeBinomialTail(12, (a0 + 60) / (b0 + 288), size(a0 + 60))
    expect(newcomer).toBeGreaterThan(-4)
    expect(known).toBeLessThan(-6)
  })
})

test('a calm hour does not make an entity look regular: its spread stays near that of its group', () => {
  expect(shrunkSpread(0, 500, 3, 1)).toBeGreaterThan(0.8)
  expect(shrunkSpread(0, 5000, 2000, 1)).toBeLessThan(0.05)
})

test('one window teaches at most six standard deviations and a little', () => {
  expect(winsorCap(38, 2)).toBe(Math.ceil(38 + 6 * Math.sqrt(38 + 38 ** 2 / 2) + 3))
})

describe('amounts on the log scale', () => {
  const peers = { location: 6, between: 1.5, within: 1 }

  test('start with the peers and come to the entity itself', () => {
    const random = createRandom(3)
    const stranger = logPredictive({ n: 0, mean: 0, squares: 0 }, peers, 10 * minute)
    expect(stranger.location).toBe(6)
    expect(stranger.scale).toBeCloseTo(Math.hypot(1.5, 1), 10)
    expect(stranger.df).toBe(5)
    let own: LogMoments = { n: 0, mean: 0, squares: 0 }
    for (let i = 0; i < 400; i++) own = learnLog(own, 10 + 0.5 * normal(random), 1)
    const known = logPredictive(own, peers, 10 * minute)
    expect(known.location).toBeCloseTo(10, 0)
    expect(known.scale).toBeGreaterThan(0.45)
    expect(known.scale).toBeLessThan(0.6)
    expect(known.df).toBe(30)
  })

  test('of an entity that acts once a day are its own after a week', () => {
    const random = createRandom(4)
    let own: LogMoments = { n: 0, mean: 0, squares: 0 }
    for (let i = 0; i < 7; i++) own = learnLog(own, 14 + 0.2 * normal(random), 2 ** (-1 / 14))
    const known = logPredictive(own, peers, day)
    expect(known.location).toBeGreaterThan(12.5)
    expect(known.scale).toBeLessThan(1.1)
  })

  test('learn no more than four scales at once', () => {
    expect(winsorLog(100, { location: 6, scale: 0.5 })).toBe(8)
    expect(winsorLog(0, { location: 6, scale: 0.5 })).toBe(4)
    expect(winsorLog(6.3, { location: 6, scale: 0.5 })).toBe(6.3)
  })
})

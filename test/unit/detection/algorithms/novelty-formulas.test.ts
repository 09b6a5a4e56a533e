import { describe, expect, it } from 'vitest'
import {
  log10Novelty,
  noveltyPrior,
  noveltyProbability,
  rarityClass,
  rarityShare,
  togetherShare,
} from '../../../../src/detection/algorithms/novelty.ts'

describe('the rate at which an entity brings up new values', () => {
  it('gives the probability of at least one on a day', () => {
    expect(noveltyProbability(1, 9)).toBeCloseTo(0.1, 12)
    expect(noveltyProbability(2, 1)).toBeCloseTo(0.75, 12)
    expect(noveltyProbability(0.5, 1e9)).toBeCloseTo(5e-10, 14)
  })

  it('has a prior with the mean of its peers, and a shape that says how much they differ', () => {
    const days = 1000
    const alike = noveltyPrior({ days, newDays: 100, sum: 100, squares: 10 })
    expect(alike.a0 / alike.b0).toBeCloseTo(0.1, 2)
    expect(alike.a0).toBe(1)
    const apart = noveltyPrior({ days, newDays: 100, sum: 100, squares: 60 })
    expect(apart.a0 / apart.b0).toBeCloseTo(0.1, 2)
    expect(apart.a0).toBeCloseTo(0.01 / 0.05, 6)
  })

  it('is vague where nothing is known, and strict where many have brought up nothing', () => {
    const unknown = noveltyPrior({ days: 0, newDays: 0, sum: 0, squares: 0 })
    expect(unknown).toEqual({ a0: 0.5, b0: 25 })
    const strict = noveltyPrior({ days: 2000, newDays: 0, sum: 0, squares: 0 })
    expect(strict.a0 / strict.b0).toBeLessThan(1 / 4000)
  })
})

describe('how rare a new value is', () => {
  it('is classed by powers of two of those who have it', () => {
    expect([0, 1, 2, 3, 4, 7, 8, 1e9].map(rarityClass)).toEqual([0, 1, 2, 2, 3, 3, 4, 9])
  })

  it('is judged by how rare new values usually are', () => {
    const common = [1, 0, 0, 0, 0, 99]
    expect(rarityShare(common, 0)).toBeLessThan(0.04)
    expect(rarityShare(common, 5)).toBeGreaterThan(0.98)
    expect(rarityShare([100], 0)).toBeGreaterThan(0.97)
    expect(rarityShare([], 9)).toBe(1)
  })
})

describe('several new fields together', () => {
  const app = { a: 1, b: 99, rarity: 0.5, given: 0 }

  it('are never more probable than fewer of them', () => {
    const client = { a: 1, b: 19, rarity: 0.5, given: togetherShare(1, 20) }
    expect(log10Novelty([app, client], 2)).toBeLessThan(log10Novelty([app], 2))
  })

  it('are not less probable than independent ones, and nearly one where they always come together', () => {
    const rare = { a: 1, b: 19, rarity: 1, given: 0 }
    expect(log10Novelty([app, rare], 1)).toBeCloseTo(Math.log10(0.01 * 0.5 * 0.05), 9)
    const inseparable = { a: 1, b: 99, rarity: 1, given: togetherShare(50, 50) }
    expect(log10Novelty([app, inseparable], 1)).toBeCloseTo(Math.log10(0.01 * 0.5 * 0.94), 1)
  })

  it('count for each field in which something could have been new', () => {
    expect(log10Novelty([app], 4) - log10Novelty([app], 1)).toBeCloseTo(Math.log10(4), 12)
    expect(log10Novelty([{ a: 9, b: 1, rarity: 1, given: 0 }], 4)).toBe(0)
  })
})

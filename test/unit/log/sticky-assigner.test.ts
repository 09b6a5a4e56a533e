import { describe, expect, it } from 'vitest'
import { assignSticky, type MemberClaim } from '../../../src/log/kafka/sticky-assigner.ts'
import type { TopicPartition } from '../../../src/log/log.ts'

const partitions = (count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic: 'events', partition }))

const member = (memberId: string, owned: readonly number[] = [], since = 1): MemberClaim => ({
  memberId,
  owned: owned.map((partition) => ({ topic: 'events', partition })),
  since,
})

function assign(count: number, ...members: MemberClaim[]): Record<string, number[]> {
  const assignment = assignSticky(partitions(count), members)
  return Object.fromEntries(
    [...assignment].map(([id, own]) => [id, own.map(({ partition }) => partition).sort((a, b) => a - b)]),
  )
}

describe('sticky assignment', () => {
  it('gives everything to a member that is alone', () => {
    expect(assign(3, member('a'))).toEqual({ a: [0, 1, 2] })
  })

  it('moves to a newcomer only what makes it even', () => {
    const { a, b } = assign(6, member('a', [0, 1, 2, 3, 4, 5]), member('b'))
    expect(a).toEqual([0, 1, 2])
    expect(b).toEqual([3, 4, 5])
  })

  it('leaves members what they have when one goes', () => {
    const { a, c } = assign(6, member('a', [0, 1]), member('c', [4, 5]))
    expect(a).toEqual(expect.arrayContaining([0, 1]))
    expect(c).toEqual(expect.arrayContaining([4, 5]))
    expect([...a!, ...c!].sort()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('changes nothing when nothing has changed', () => {
    expect(assign(5, member('a', [1, 3]), member('b', [0, 2, 4]))).toEqual({ a: [1, 3], b: [0, 2, 4] })
  })

  it('believes the younger of two claims on one partition', () => {
    expect(assign(2, member('a', [0, 1], 10), member('b', [1], 20))).toEqual({ a: [0], b: [1] })
  })

  it('ignores claims on partitions that do not exist', () => {
    expect(assign(2, member('a', [7, 8, 9]), member('b', [1]))).toEqual({ a: [0], b: [1] })
  })

  it('leaves members without partitions when there are too few', () => {
    expect(assign(1, member('a'), member('b', [0]))).toEqual({ a: [], b: [0] })
  })

  it('gives the same result whatever the order of the members', () => {
    const members = [member('a', [0]), member('b', [1, 2, 3]), member('c')]
    expect(assign(7, ...members)).toEqual(assign(7, ...members.toReversed()))
  })

  it('is even, complete and disjoint for any history', () => {
    let owned = new Map<string, TopicPartition[]>()
    const random = generator(7)
    for (let round = 0; round < 200; round++) {
      const count = 1 + Math.floor(random() * 12)
      const members = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, index) => {
        const memberId = `m${(index + round) % 7}`
        return { memberId, owned: owned.get(memberId) ?? [], since: round }
      })
      owned = assignSticky(partitions(count), members)
      const sizes = [...owned.values()].map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      const all = [...owned.values()].flat().map(({ partition }) => partition)
      expect(all.sort((a, b) => a - b)).toEqual(partitions(count).map(({ partition }) => partition))
    }
  })
})

/** Numbers from 0 to 1 that are the same at every run (a linear congruential generator). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

import { expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { Prompts } from '../../../../src/detection/enrichment/prompts.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const elsewhere = { network: '198.51.100.0/24' }

function note(prompts: Prompts, after: number, fields: Partial<Activity> = {}): boolean {
  return prompts.note(
    makeActivity({
      time: monday + after,
      action: 'login',
      outcome: 'challenge',
      network: '203.0.113.0/24',
      ...fields,
    }),
  )
}

it('tells of prompt after prompt, from whatever network, that nobody answers', () => {
  const prompts = new Prompts()
  expect(note(prompts, 0)).toBe(false)
  expect(note(prompts, minute)).toBe(true)
  expect(note(prompts, 2 * minute, elsewhere)).toBe(true)
  expect(note(prompts, 3 * minute, { user: 'u2' })).toBe(false)
})

it('takes a login from the same network for the answer, and one from another, or that fails, for none', () => {
  const prompts = new Prompts()
  note(prompts, 0)
  note(prompts, minute, { ...elsewhere, outcome: 'success' })
  note(prompts, minute, { outcome: 'failure' })
  expect(note(prompts, 2 * minute)).toBe(true)
  note(prompts, 3 * minute, { outcome: 'success' })
  expect(note(prompts, 4 * minute)).toBe(false)
})

it('begins anew after an hour, and forgets after a day', () => {
  const prompts = new Prompts()
  note(prompts, 0)
  expect(note(prompts, hour + minute)).toBe(false)
  prompts.expire(monday + day)
  expect(prompts.state.size).toBe(1)
  prompts.expire(monday + day + 2 * hour)
  expect(prompts.state.size).toBe(0)
})

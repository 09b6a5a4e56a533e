import { expect, test } from 'vitest'
import { day } from '../../../src/duration.ts'
import { UnclaimedSections } from '../../../src/stream/unclaimed-sections.ts'

const now = Date.UTC(2026, 10, 24)
const since = (time: number) => Buffer.from(String(time))

test('a section that nobody claims is remembered first, and removed a week later', () => {
  const first = new UnclaimedSections()
  first.found('old').restore('k', Buffer.from('v'))
  expect(first.tidy(new Set(['known']), now)).toEqual({
    drops: [],
    puts: [{ section: 'unclaimed', key: 'old', value: since(now) }],
    deletes: [],
  })

  const later = new UnclaimedSections()
  later.restore('old', since(now))
  later.found('old')
  expect(later.tidy(new Set(['known']), now + 6 * day)).toBeUndefined()
  expect(later.tidy(new Set(['known']), now + 8 * day)).toEqual({
    drops: ['old'],
    puts: [],
    deletes: [{ section: 'unclaimed', key: 'old' }],
  })
})

test('a section that is claimed again is forgotten, so that it has its week anew', () => {
  const sections = new UnclaimedSections()
  sections.restore('back', since(now - 30 * day))
  expect(sections.tidy(new Set(['back']), now)).toEqual({
    drops: [],
    puts: [],
    deletes: [{ section: 'unclaimed', key: 'back' }],
  })
})

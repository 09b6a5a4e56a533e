import { expect, test } from 'vitest'
import { hour, week } from '../../../src/duration.ts'
import { DirectoryState } from '../../../src/salesforce/directory/directory-state.ts'
import type { User } from '../../../src/salesforce/directory/read-users.ts'
import type { Lease, StateEntry } from '../../../src/store/state-store.ts'

const dana: User = {
  id: '005xx000001X8UzAAK',
  username: 'dana@acme.example',
  name: 'Dana Young',
  userType: 'Standard',
  profile: 'Sales User',
  role: null,
  active: true,
  department: null,
  created: null,
  lastLogin: null,
  modified: '2026-01-01T00:00:00.000+0000',
}
const now = 2900 * week + hour

function createLease(): Lease {
  const entries = new Map<string, StateEntry>()
  return {
    scope: 'directory:acme',
    epoch: 1,
    renew: async () => undefined,
    async *restore() {
      yield* entries.values()
    },
    commit: async ({ puts }) => {
      for (const entry of puts) entries.set(`${entry.section} ${entry.key}`, entry)
    },
    release: async () => undefined,
  }
}

test('a user is news once, until something about it changes, and once more in every week', async () => {
  const lease = createLease()
  const state = await DirectoryState.load(lease)
  expect(state.isNews(dana, now)).toBe(true)
  await state.sent([dana], now)
  const restarted = await DirectoryState.load(lease)
  for (const known of [state, restarted]) {
    expect(known.isNews(dana, now + hour)).toBe(false)
    expect(known.isNews({ ...dana, lastLogin: '2026-02-01T00:00:00.000+0000' }, now)).toBe(false)
    expect(known.isNews({ ...dana, profile: 'System Administrator' }, now)).toBe(true)
    expect(known.isNews({ ...dana, active: false }, now)).toBe(true)
    expect(known.isNews(dana, now + week)).toBe(true)
  }
})

test('how far it was read is known after a restart', async () => {
  const lease = createLease()
  const state = await DirectoryState.load(lease)
  expect([state.readAll, state.newest]).toEqual([undefined, undefined])
  await state.read(dana.modified ?? undefined, now)
  const restarted = await DirectoryState.load(lease)
  expect([restarted.readAll, restarted.newest]).toEqual([now, dana.modified])
})

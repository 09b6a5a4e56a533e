import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createManualClock, systemClock } from '../../src/clock.ts'
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts'
import type { StateStore } from '../../src/store/state-store.ts'
import { startCommitter } from '../support/committer.ts'
import { contents, describeStateStore, entries, entry, take } from './state-store.ts'

describeStateStore('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'forcewatch-store-'))
  const clock = createManualClock(1_700_000_000_000)
  const opened: StateStore[] = []
  return {
    open() {
      const store = createEmbeddedStore({ file: join(directory, 'data', 'state.db'), clock })
      opened.push(store)
      return store
    },
    pass: async (ms) => clock.advance(ms),
    async close() {
      await Promise.all(opened.map((store) => store.close()))
      await rm(directory, { recursive: true })
    },
  }
})

describe('embedded store', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'forcewatch-store-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  test('a process killed in the middle of a commit leaves all of it or nothing', async () => {
    const file = join(directory, 'killed.db')
    for (let round = 0; round < 4; round++) {
      const { acknowledged } = await startCommitter(['embedded', file], 3)
      const store = createEmbeddedStore({ file, clock: systemClock })
      const restored = await entries(await take(store, 'killed', 'survivor'))
      await store.close()
      const values = new Set(restored.map(({ value }) => Number(value)))
      expect(values.size).toBe(1)
      expect(restored).toHaveLength(20_000)
      expect(Math.max(...values)).toBeGreaterThanOrEqual(acknowledged)
    }
  })

  test('a commit outlives a close', async () => {
    const file = join(directory, 'closed.db')
    const before = createEmbeddedStore({ file, clock: systemClock })
    await (await take(before, 'a', 'one')).commit({ puts: [entry('s', 'k', 'v')] })
    await before.close()
    const after = createEmbeddedStore({ file, clock: systemClock })
    expect(await contents(await take(after, 'a', 'two'))).toEqual({ 's/k': 'v' })
    await after.close()
  })

  test('a file that is no database and a directory that cannot be made are refused with a remedy', async () => {
    const file = join(directory, 'notes.txt')
    await writeFile(
      file,
      'these are not the bytes of a database, and there are more than a hundred of them, '.repeat(3),
    )
    for (const path of [file, join(file, 'state.db')]) {
      expect(() => createEmbeddedStore({ file: path, clock: systemClock })).toThrow(
        expect.objectContaining({
          code: 'STORE_REJECTED',
          message: expect.stringContaining(path),
          remedy: expect.any(String),
        }),
      )
    }
  })
})

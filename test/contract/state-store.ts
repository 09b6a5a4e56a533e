import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Lease, StateChange, StateEntry, StateStore } from '../../src/store/state-store.ts'

/** What the suite needs of an implementation: several stores on the same data, as several processes would have. */
export type StoreBench = {
  /** Another store on the same data; the bench closes it. */
  open(): StateStore
  /** Lets that much of the time pass by which leases expire, ms. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

/** The promises of the `StateStore` port. Every implementation must pass all of them. */
export function describeStateStore(name: string, makeBench: () => Promise<StoreBench>): void {
  describe(`state store: ${name}`, () => {
    let bench: StoreBench
    let store: StateStore
    let scopes = 0

    beforeAll(async () => {
      bench = await makeBench()
      store = bench.open()
    })
    afterAll(() => bench?.close())

    const newScope = () => `detect:events/${scopes++}`
    const steal = (scope: string, owner = 'one', ttl = 60_000) => take(store, scope, owner, ttl)

    describe('leases', () => {
      test('every lease of a scope has a greater epoch than the one before', async () => {
        const scope = newScope()
        const epochs = []
        for (const owner of ['one', 'two', 'two', 'one']) epochs.push((await steal(scope, owner)).epoch)
        expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b))
      })

      test('steal takes the lease from whoever has it', async () => {
        const scope = newScope()
        const first = await steal(scope, 'one')
        const second = await steal(scope, 'two')
        await expect(first.renew()).rejects.toMatchObject({ code: 'FENCED' })
        await second.renew()
      })

      test('wait answers null while another owner has the lease, and never hands it to two', async () => {
        const scope = newScope()
        const asked = await Promise.all(
          ['one', 'two', 'three'].map((owner) =>
            bench.open().acquire(scope, { owner, ttl: 60_000, mode: 'wait' }),
          ),
        )
        expect(asked.filter((lease) => lease !== null)).toHaveLength(1)
      })

      test('an owner that waits for its own lease gets it with a new epoch', async () => {
        const scope = newScope()
        const first = await steal(scope, 'one')
        const again = await store.acquire(scope, { owner: 'one', ttl: 60_000, mode: 'wait' })
        expect(again?.epoch).toBeGreaterThan(first.epoch)
        await expect(first.commit({ puts: [] })).rejects.toMatchObject({ code: 'FENCED' })
      })

      test('a lease that is not renewed expires, one that is renewed stands', async () => {
        const scope = newScope()
        const ttl = 3000
        const lease = await steal(scope, 'one', ttl)
        const other = () => store.acquire(scope, { owner: 'two', ttl, mode: 'wait' })
        await bench.pass(ttl * 0.55)
        await lease.renew()
        await bench.pass(ttl * 0.55)
        expect(await other()).toBeNull()
        await bench.pass(ttl)
        expect(await other()).not.toBeNull()
        await expect(lease.renew()).rejects.toMatchObject({ code: 'FENCED' })
      })

      test('an expired lease that nobody took is still good', async () => {
        const scope = newScope()
        const lease = await steal(scope, 'one', 20)
        await bench.pass(100)
        await lease.commit({ puts: [entry('s', 'k', 'v')] })
        await lease.renew()
        expect(await contents(lease)).toEqual({ 's/k': 'v' })
      })

      test('a released lease can be taken at once, and is of no use to its old owner', async () => {
        const scope = newScope()
        const lease = await steal(scope, 'one')
        await lease.release()
        await expect(lease.commit({ puts: [entry('s', 'k', 'v')] })).rejects.toMatchObject({ code: 'FENCED' })
        const next = await store.acquire(scope, { owner: 'two', ttl: 60_000, mode: 'wait' })
        expect(next?.epoch).toBeGreaterThan(lease.epoch)
      })

      test('releasing a lease that was stolen does not disturb the new owner', async () => {
        const scope = newScope()
        const stale = await steal(scope, 'one')
        const valid = await steal(scope, 'two')
        await stale.release()
        await valid.renew()
        expect(await store.acquire(scope, { owner: 'three', ttl: 60_000, mode: 'wait' })).toBeNull()
      })
    })

    describe('state', () => {
      test('what was committed is what another process restores', async () => {
        const scope = newScope()
        await (await steal(scope)).commit({
          puts: [entry('a', 'x', '1'), entry('a', 'y', '2'), entry('b', 'x', '3')],
        })
        const lease = await take(bench.open(), scope, 'two')
        expect(await contents(lease)).toEqual({ 'a/x': '1', 'a/y': '2', 'b/x': '3' })
      })

      test('what was committed can be read without a lease, and taking none disturbs nobody', async () => {
        const scope = newScope()
        const lease = await steal(scope)
        await lease.commit({ puts: [{ section: 's', key: 'k', value: Buffer.from('v') }] })
        const read: StateEntry[] = []
        for await (const entry of bench.open().read(scope)) read.push(entry)
        expect(read).toEqual([{ section: 's', key: 'k', value: Buffer.from('v') }])
        await lease.commit({ puts: [] })
        for await (const entry of bench.open().read(newScope())) expect.unreachable(String(entry.key))
      })

      test('a new scope is empty', async () => {
        expect(await contents(await steal(newScope()))).toEqual({})
      })

      test('puts replace, deletes remove, drops empty a section before its puts', async () => {
        const lease = await steal(newScope())
        await lease.commit({
          puts: [entry('a', 'x', '1'), entry('a', 'y', '1'), entry('b', 'x', '1'), entry('c', 'x', '1')],
        })
        await lease.commit({
          puts: [entry('a', 'x', '2'), entry('b', 'new', '2')],
          deletes: [
            { section: 'a', key: 'y' },
            { section: 'a', key: 'never there' },
          ],
          drops: ['b', 'c', 'never there'],
        })
        expect(await contents(lease)).toEqual({ 'a/x': '2', 'b/new': '2' })
      })

      test('repeating a commit changes nothing', async () => {
        const lease = await steal(newScope())
        const change = { puts: [entry('a', 'x', '2')], deletes: [{ section: 'a', key: 'y' }], drops: ['b'] }
        await lease.commit({ puts: [entry('a', 'y', '1'), entry('b', 'x', '1')] })
        await lease.commit(change)
        await lease.commit(change)
        expect(await contents(lease)).toEqual({ 'a/x': '2' })
      })

      test('commits that overlap take effect in the order of their calls', async () => {
        const lease = await steal(newScope())
        await Promise.all(
          ['1', '2', '3', '4'].map((value) => lease.commit({ puts: [entry('a', 'x', value)] })),
        )
        expect(await contents(lease)).toEqual({ 'a/x': '4' })
      })

      test('scopes and sections keep apart, whatever their names', async () => {
        const names = [
          'ingest:acme',
          'ingest:acme}',
          '}',
          '{ingest:acme}',
          'ingest:acme:s',
          'Ü/€ 界',
          'a{b}c',
        ]
        const leases = await Promise.all(names.map((name) => steal(`${newScope()}${name}`)))
        await Promise.all(
          leases.map((lease, i) => lease.commit({ puts: [entry(names[i]!, 'k', String(i))] })),
        )
        for (const [i, lease] of leases.entries()) {
          expect(await contents(lease)).toEqual({ [`${names[i]}/k`]: String(i) })
        }
      })

      test('values are bytes and keys are any text', async () => {
        const lease = await steal(newScope())
        const puts = [
          {
            section: 's',
            key: 'every byte',
            value: Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)),
          },
          { section: 's', key: 'nothing', value: Buffer.alloc(0) },
          { section: 's', key: 'a megabyte', value: Buffer.alloc(1_048_576, 0xfe) },
          { section: 's', key: '', value: Buffer.from('the empty key') },
          { section: 's', key: 'a\r\nb\0c€界', value: Buffer.from('control characters') },
        ]
        await lease.commit({ puts })
        const hexByKey = (all: readonly StateEntry[]) =>
          Object.fromEntries(all.map(({ key, value }) => [key, value.toString('hex')]))
        expect(hexByKey(await entries(lease))).toEqual(hexByKey(puts))
      })
    })

    describe('fencing', () => {
      test('a stale owner writes nothing, neither with a small change nor with a big one', async () => {
        const scope = newScope()
        const stale = await steal(scope, 'one')
        await stale.commit({ puts: [entry('a', 'x', 'before')] })
        const valid = await steal(scope, 'two')
        const changes: StateChange[] = [
          { puts: [] },
          { puts: [entry('a', 'x', 'after')], drops: ['a'] },
          { puts: many(30_000), drops: ['a'] },
        ]
        for (const change of changes) {
          await expect(stale.commit(change)).rejects.toMatchObject({ code: 'FENCED' })
        }
        expect(await contents(valid)).toEqual({ 'a/x': 'before' })
      })

      test('of a big commit and a theft at the same time, all or nothing remains', async () => {
        const other = bench.open()
        for (let round = 0; round < 5; round++) {
          const scope = newScope()
          const lease = await steal(scope, 'one')
          const commit = lease.commit({ puts: many(20_000) }).then(
            () => 'written',
            (error) => error.code,
          )
          const thief = await take(other, scope, 'two')
          const outcome = await commit
          expect(['written', 'FENCED']).toContain(outcome)
          expect((await keys(thief)).size).toBe(outcome === 'written' ? 20_000 : 0)
        }
      })
    })

    test('100,000 keys are committed at once, restored and dropped', async () => {
      const lease = await steal(newScope())
      const puts = many(100_000)
      await lease.commit({ puts })
      const restored = new Map(
        (await entries(lease)).map(({ section, key, value }) => [`${section}/${key}`, value]),
      )
      expect(restored.size).toBe(puts.length)
      const wrong = puts.filter(
        ({ section, key, value }) => !restored.get(`${section}/${key}`)?.equals(value),
      )
      expect(wrong).toEqual([])
      await lease.commit({ puts: [entry('s3', 'k', 'v')], drops: ['s0', 's1', 's2', 's3', 's4'] })
      expect(await contents(lease)).toEqual({ 's3/k': 'v' })
    })

    test('a closed store says so', async () => {
      const closed = bench.open()
      await closed.close()
      await closed.close()
      await expect(take(closed, newScope(), 'one')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    })
  })
}

export async function take(store: StateStore, scope: string, owner: string, ttl = 60_000): Promise<Lease> {
  const lease = await store.acquire(scope, { owner, ttl, mode: 'steal' })
  if (!lease) throw new Error('steal answered null')
  return lease
}

export function entry(section: string, key: string, value: string): StateEntry {
  return { section, key, value: Buffer.from(value) }
}

/** Entries over five sections, about 100 bytes each. */
export function many(count: number, fill = 'x'): StateEntry[] {
  return Array.from({ length: count }, (_, i) => entry(`s${i % 5}`, `key-${i}`, `${i}:${fill.repeat(90)}`))
}

export async function entries(lease: Lease): Promise<StateEntry[]> {
  return Array.fromAsync(lease.restore())
}

/** `section/key` → value as text. */
export async function contents(lease: Lease): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await entries(lease)).map(({ section, key, value }) => [`${section}/${key}`, `${value}`]),
  )
}

/** The distinct keys; a restore may bring an entry twice. */
async function keys(lease: Lease): Promise<Set<string>> {
  return new Set((await entries(lease)).map(({ section, key }) => `${section}/${key}`))
}

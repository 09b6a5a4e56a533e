import { day } from '../../../duration.ts'
import { type Codec, KeyedState } from '../../../stream/keyed-state.ts'

/** Values that were brought up by one entity only are forgotten first when a shard has more than this. */
const maxPerShard = 4096
const shards = 64

/** By word: how many entities have it, times 2¹⁶, plus the day of the last sight modulo 2¹⁶. */
type Shard = Map<number, number>

/** How many entities of an org have each value, by the word of {@link toWord}. Bounded, and small: a number per value. */
export class ValueHolders {
  readonly state: KeyedState<Shard>

  constructor(section: string) {
    this.state = new KeyedState(section, shardCodec)
  }

  count(orgId: string, word: number): number {
    return Math.floor((this.state.get(keyOf(orgId, word))?.get(word) ?? 0) / 0x10000)
  }

  /** Notes that one more entity has the value. */
  add(orgId: string, word: number, time: number): void {
    const key = keyOf(orgId, word)
    const shard = this.state.get(key) ?? new Map<number, number>()
    const before = shard.get(word) ?? 0
    shard.set(word, packed(Math.floor(before / 0x10000) + 1, Math.max(dayOf(time), before & 0xffff)))
    if (shard.size > maxPerShard) forgetSome(shard)
    this.state.set(key, shard)
  }

  /** Notes that somebody still has it. Called about once a day for each entity and value. */
  see(orgId: string, word: number, time: number): void {
    const key = keyOf(orgId, word)
    const shard = this.state.get(key)
    const before = shard?.get(word)
    if (!shard || before === undefined || (before & 0xffff) >= dayOf(time)) return
    shard.set(word, packed(Math.floor(before / 0x10000), dayOf(time)))
    this.state.touch(key)
  }

  /** Forgets what nobody has shown since before `time`. */
  expire(orgId: string, time: number): void {
    for (let number = 0; number < shards; number++) {
      const key = `${orgId}\0${number}`
      const shard = this.state.get(key)
      if (!shard) continue
      const before = shard.size
      for (const [word, value] of shard) if ((value & 0xffff) < dayOf(time)) shard.delete(word)
      if (shard.size === 0) this.state.delete(key)
      else if (shard.size < before) this.state.touch(key)
    }
  }
}

/** A quarter: those of the fewest entities, and among them the oldest. The order comes from what is stored. */
function forgetSome(shard: Shard): void {
  const leastFirst = [...shard].sort(([wordA, a], [wordB, b]) => a - b || wordA - wordB)
  for (const [word] of leastFirst.slice(0, maxPerShard / 4)) shard.delete(word)
}

function packed(count: number, dayNumber: number): number {
  return Math.min(count, 0xffff) * 0x10000 + dayNumber
}

function dayOf(time: number): number {
  return Math.max(Math.floor(time / day), 0)
}

function keyOf(orgId: string, word: number): string {
  return `${orgId}\0${(word >>> 3) % shards}`
}

const shardCodec: Codec<Shard> = {
  encode(shard) {
    const entries = [...shard].sort(([a], [b]) => a - b)
    const bytes = Buffer.allocUnsafe(8 * entries.length)
    for (const [i, [word, value]] of entries.entries()) {
      bytes.writeInt32LE(word, 8 * i)
      bytes.writeUInt32LE(value, 8 * i + 4)
    }
    return bytes
  },
  decode(bytes) {
    const shard: Shard = new Map()
    for (let i = 0; i < bytes.length; i += 8) shard.set(bytes.readInt32LE(i), bytes.readUInt32LE(i + 4))
    return shard
  },
}

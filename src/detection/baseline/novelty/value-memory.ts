import { day, hour } from '../../../duration.ts'

/**
 * What is remembered of one entity, such as a user: when it was first and last seen, how often it brings up something new,
 * and the values of each dimension as hashes with the hour of the first and the day of the last sight. All of it lies in 32-bit
 * integers side by side: a head, then a hash table with open addressing (word, sight, word, sight, …).
 */
export type ValueMemory = {
  /** The array in which it lies, and where it begins in there. */
  cells: Int32Array
  base: number
  /** Places of the hash table: {@link leastSlots} times a power of two. */
  slots: number
  /** Forgets all values and makes room for so many slots. The head stays. */
  readonly empty: (slots: number) => void
}

/** What differs from one kind of memory to another. */
export type MemoryKind = {
  /** Days after which a day counts half in how often something new is brought up; at most 170. */
  readonly rateHalfLife: number
  /**
   * Values of each dimension beyond which those seen longest ago are forgotten, a quarter at a time.
   */
  readonly capacities: readonly number[]
}

/** A value's dimension is in the low three bits of its word. */
const memoryDimensions = 8

/** Positions in the head. The rates are per dimension: days with something new and active days, 16 bits each. */
const head = { since: 0, lastDay: 1, today: 2, backHour: 3, away: 4, used: 5, rates: 6 } as const
export const headLength = head.rates + memoryDimensions
export const leastSlots = 8

/** Fixed point of the decayed days. */
const perDay = 256
/** An absence is remembered from so many days on. */
const notableAbsence = 30

/** Begins the memory of an entity that was never seen before `time`; all zeros until then. */
export function beginMemory({ cells, base }: ValueMemory, time: number): void {
  cells[base + head.since] = Math.floor(time / hour)
  cells[base + head.lastDay] = Math.floor(time / day)
}

/** When the entity was first seen, ms; to the hour. */
export function knownSince({ cells, base }: ValueMemory): number {
  return (cells[base + head.since] as number) * hour
}

export function lastDay({ cells, base }: ValueMemory): number {
  return cells[base + head.lastDay] as number
}

/**
 * Notes that the entity is active at `time`. True when that changed anything; it does so about once a day, when the day before
 * enters the rates.
 */
export function noteActive(memory: ValueMemory, time: number, kind: MemoryKind): boolean {
  const { cells, base } = memory
  const hourNow = Math.floor(time / hour)
  let changed = false
  if (hourNow < (cells[base + head.since] as number)) {
    cells[base + head.since] = hourNow
    changed = true
  }
  const today = Math.floor(hourNow / 24)
  const gap = today - (cells[base + head.lastDay] as number)
  if (gap <= 0) return changed
  if (gap >= notableAbsence) {
    cells[base + head.backHour] = hourNow
    cells[base + head.away] = gap
  }
  closeDay(memory, gap, kind.rateHalfLife)
  cells[base + head.lastDay] = today
  return true
}

/** Notes that the entity, just added, comes back after so many days; short absences are not worth it. */
export function noteReturn({ cells, base }: ValueMemory, time: number, days: number): void {
  if (days < notableAbsence) return
  cells[base + head.backHour] = Math.floor(time / hour)
  cells[base + head.away] = Math.min(days, 0x7fff)
}

/** Days of a notable absence that ends now or ended less than `within` ms ago; 0 when there was none. */
export function awayAt({ cells, base }: ValueMemory, time: number, within: number): number {
  const gap = Math.floor(time / day) - (cells[base + head.lastDay] as number)
  if (gap >= notableAbsence) return gap
  const back = (cells[base + head.backHour] as number) * hour
  return time >= back && time - back < within ? (cells[base + head.away] as number) : 0
}

/** Where a value lies, or −1 when it is not remembered. `word`: see {@link toWord}. */
export function findValue({ cells, base, slots }: ValueMemory, word: number): number {
  let slot = slotOf(word, slots)
  for (;;) {
    const place = base + headLength + 2 * slot
    const found = cells[place] as number
    if (found === word) return place
    if (found === 0) return -1
    slot = (slot + 1) & (slots - 1)
  }
}

/** A value's hash with its dimension in the low bits; never 0. */
export function toWord(hash: number, dimension: number): number {
  return ((hash << 3) | dimension) === 0 ? 8 : (hash << 3) | dimension
}

/** First sight of the value at `place`, ms; to the hour. */
export function firstSight({ cells }: ValueMemory, place: number): number {
  return firstHourOf(cells[place + 1] as number) * hour
}

/** Day of the last sight of the value at `place`. */
export function lastSight({ cells }: ValueMemory, place: number): number {
  return lastDayOf(cells[place + 1] as number)
}

/** Notes a sight of the value at `place`; `anew`: as if it were the first. True when that changed anything. */
export function noteSight({ cells }: ValueMemory, place: number, time: number, anew: boolean): boolean {
  const before = cells[place + 1] as number
  const hourNow = Math.floor(time / hour)
  const first = anew ? hourNow : Math.min(firstHourOf(before), hourNow)
  const last = anew ? Math.floor(hourNow / 24) : Math.max(lastDayOf(before), Math.floor(hourNow / 24))
  const after = toSight(first, last)
  cells[place + 1] = after
  return after !== before
}

/** Remembers a value that is not remembered yet, first seen at `first` and last at `time` (ms). */
export function addValue(
  memory: ValueMemory,
  word: number,
  first: number,
  time: number,
  { capacities }: MemoryKind,
): void {
  const dimension = word & 7
  let inDimension = 0
  for (let slot = 0; slot < memory.slots; slot++) {
    const found = memory.cells[memory.base + headLength + 2 * slot] as number
    if (found !== 0 && (found & 7) === dimension) inDimension++
  }
  if (inDimension >= (capacities[dimension] as number)) forgetQuarter(memory, dimension)
  if (slotsFor(usedOf(memory) + 1) > memory.slots) rebuild(memory, entriesOf(memory), 2 * memory.slots)
  insert(memory, word, toSight(Math.floor(first / hour), Math.floor(time / day)))
}

/** Notes that the dimension had a value today, and whether one of them was new. True when that changed anything. */
export function noteToday({ cells, base }: ValueMemory, dimension: number, isNew: boolean): boolean {
  const before = cells[base + head.today] as number
  const after = before | (1 << dimension) | (isNew ? 256 << dimension : 0)
  cells[base + head.today] = after
  return after !== before
}

/** Whether the dimension had a value today. */
export function hadValueToday({ cells, base }: ValueMemory, dimension: number): boolean {
  return ((cells[base + head.today] as number) & (1 << dimension)) !== 0
}

/** Whether the dimension had a new value today. */
export function hadNewsToday({ cells, base }: ValueMemory, dimension: number): boolean {
  return ((cells[base + head.today] as number) & (256 << dimension)) !== 0
}

/** Days on which the dimension had a value, and a new one; decayed, without today. */
export function daysOf({ cells, base }: ValueMemory, dimension: number): { days: number; newDays: number } {
  const rate = cells[base + head.rates + dimension] as number
  return { days: (rate & 0xffff) / perDay, newDays: (rate >>> 16) / perDay }
}

/** Forgets values last seen before day number `oldest`. True when there were any. */
export function forgetBefore(memory: ValueMemory, oldest: number): boolean {
  const entries = entriesOf(memory)
  const kept = entries.filter(([, sight]) => lastDayOf(sight) >= oldest)
  if (kept.length === entries.length) return false
  rebuild(memory, kept, slotsFor(kept.length))
  return true
}

/** Forgets these values. */
export function forgetValues(memory: ValueMemory, words: ReadonlySet<number>): void {
  const kept = entriesOf(memory).filter(([word]) => !words.has(word))
  rebuild(memory, kept, memory.slots)
}

/** The key, then the head and the values in the order of their words: equal memories give equal bytes. */
export function encodeMemory(memory: ValueMemory, key: string): Buffer {
  const name = Buffer.from(key)
  const entries = entriesOf(memory).sort(([a], [b]) => a - b)
  const bytes = Buffer.allocUnsafe(2 + name.length + 4 * headLength + 8 * entries.length)
  let position = bytes.writeUInt16LE(name.length, 0)
  position += name.copy(bytes, position)
  for (let i = 0; i < headLength; i++)
    position = bytes.writeInt32LE(memory.cells[memory.base + i] as number, position)
  for (const [word, sight] of entries) {
    position = bytes.writeInt32LE(word, position)
    position = bytes.writeInt32LE(sight, position)
  }
  return bytes
}

/** The key that {@link encodeMemory} was given. */
export function keyOfMemory(bytes: Buffer): string {
  return bytes.toString('utf8', 2, 2 + bytes.readUInt16LE(0))
}

/** Reads what {@link encodeMemory} wrote into a memory that is all zeros. */
export function decodeMemory(bytes: Buffer, memory: ValueMemory): void {
  let position = 2 + bytes.readUInt16LE(0)
  memory.empty(slotsFor((bytes.length - position - 4 * headLength) / 8))
  const { cells, base } = memory
  for (let i = 0; i < headLength; i++, position += 4) cells[base + i] = bytes.readInt32LE(position)
  cells[base + head.used] = 0
  for (; position < bytes.length; position += 8)
    insert(memory, bytes.readInt32LE(position), bytes.readInt32LE(position + 4))
}

/** The day that ends enters the rates, which then age by `gap` days. */
function closeDay({ cells, base }: ValueMemory, gap: number, rateHalfLife: number): void {
  const kept = 2 ** (-gap / rateHalfLife)
  const today = cells[base + head.today] as number
  cells[base + head.today] = 0
  for (let dimension = 0; dimension < memoryDimensions; dimension++) {
    const rate = cells[base + head.rates + dimension] as number
    const seen = (today & (1 << dimension)) === 0 ? 0 : perDay
    const isNew = (today & (256 << dimension)) === 0 ? 0 : perDay
    const days = Math.min(Math.round(((rate & 0xffff) + seen) * kept), 0xffff)
    const newDays = Math.min(Math.round(((rate >>> 16) + isNew) * kept), 0xffff)
    cells[base + head.rates + dimension] = (newDays << 16) | days
  }
}

type Entry = readonly [word: number, sight: number]

function entriesOf({ cells, base, slots }: ValueMemory): Entry[] {
  const entries: Entry[] = []
  const start = base + headLength
  for (let place = start; place < start + 2 * slots; place += 2) {
    if (cells[place] !== 0) entries.push([cells[place] as number, cells[place + 1] as number])
  }
  return entries
}

/** The order comes from what is stored, so that a restart changes nothing. */
function forgetQuarter(memory: ValueMemory, dimension: number): void {
  const oldestFirst = entriesOf(memory)
    .filter(([word]) => (word & 7) === dimension)
    .sort(([wordA, a], [wordB, b]) => {
      return lastDayOf(a) - lastDayOf(b) || firstHourOf(a) - firstHourOf(b) || wordA - wordB
    })
  const forgotten = oldestFirst.slice(0, Math.ceil(oldestFirst.length / 4))
  forgetValues(memory, new Set(forgotten.map(([word]) => word)))
}

function rebuild(memory: ValueMemory, entries: readonly Entry[], slots: number): void {
  memory.empty(slots)
  memory.cells[memory.base + head.used] = 0
  for (const [word, sight] of entries) insert(memory, word, sight)
}

function insert({ cells, base, slots }: ValueMemory, word: number, sight: number): void {
  let place = base + headLength + 2 * slotOf(word, slots)
  while (cells[place] !== 0) place = place + 2 < base + headLength + 2 * slots ? place + 2 : base + headLength
  cells[place] = word
  cells[place + 1] = sight
  cells[base + head.used] = (cells[base + head.used] as number) + 1
}

function usedOf({ cells, base }: ValueMemory): number {
  return cells[base + head.used] as number
}

/** At most three quarters full. */
function slotsFor(values: number): number {
  let slots = leastSlots
  while (4 * values > 3 * slots) slots *= 2
  return slots
}

function slotOf(word: number, slots: number): number {
  return (Math.imul(word, 0x9e3779b1) >>> 12) & (slots - 1)
}

/** The hour of the first sight in 20 bits (until 2089), and the days from there to the last one in 12. */
function toSight(firstHour: number, last: number): number {
  const days = Math.min(Math.max(last - Math.floor(firstHour / 24), 0), 0xfff)
  return (firstHour << 12) | days
}

function firstHourOf(sight: number): number {
  return sight >>> 12
}

function lastDayOf(sight: number): number {
  return Math.floor((sight >>> 12) / 24) + (sight & 0xfff)
}

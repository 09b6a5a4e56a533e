/**
 * What may be new about an activity for its user. `api` is the kind of API (Bulk, REST, SOAP), `country` comes with logins.
 * The order is that of the bits in {@link Firsts}, and of what is saved.
 */
export const dimensions = ['network', 'app', 'client', 'object', 'query', 'api', 'country'] as const
export type Dimension = (typeof dimensions)[number]

/** The values of an activity in the dimensions, as hashes of 32 bits: made once for all who remember values. */
export type Traits = {
  /** In the order of the dimensions; null where it has nothing. Objects stand apart. */
  readonly hashes: readonly (number | null)[]
  readonly objects: readonly number[]
  /** Two words, equal for the same values in all dimensions and hardly ever for others. */
  readonly print: number
  readonly check: number
}

/**
 * What is new about an activity for its user, in one number: bit i says that dimension i can be told, bit 8 + i that it is
 * new, bit 15 that the user is a program, nine bits from 16 on how many days the user had been away, bit 25 + i that
 * dimension i is new for the whole org, and bit 30 that so much that is new is a surprise. While the user is not known for
 * long enough nothing but what is new for the org is told.
 */
export type Firsts = number

/** Nothing can be told. */
export const unknownFirsts: Firsts = 0

const knownUser = 0x80
const program = 0x8000
const mostAway = 0x1ff
const strangeBits = 25
const newBits = 0x7f00
/** In the place of the kind of API: of those there are so few that none is new to an org for long. */
const surpriseBit = 1 << (strangeBits + dimensions.indexOf('api'))

/** Of a user who is known, with nothing told about any dimension yet. `away` in days. */
export function createFirsts(away: number, automated: boolean): Firsts {
  return knownUser | (automated ? program : 0) | (Math.min(Math.max(away, 0), mostAway) << 16)
}

/** Whether a value is old, new for its user, or new for the whole org as well. */
export type Newness = 'old' | 'new' | 'strange'

/** `firsts` with dimension number `index` told. */
export function tell(firsts: Firsts, index: number, newness: Newness): Firsts {
  const isOld = newness === 'old'
  const told = firsts | (1 << index) | (isOld ? 0 : 256 << index)
  return newness === 'strange' ? tellStrange(told, index) : told
}

/** `firsts` of which what is new is a surprise. */
export function asSurprise(firsts: Firsts): Firsts {
  return firsts | surpriseBit
}

/** `firsts` of a user who is not known yet, with dimension number `index` told to be new for the whole org. */
export function tellStrange(firsts: Firsts, index: number): Firsts {
  return firsts | ((1 << (strangeBits + index)) & ~surpriseBit)
}

/** Whether a dimension is new for the user; null when that cannot be told. */
export function isNew(firsts: Firsts, dimension: Dimension): boolean | null {
  const index = dimensions.indexOf(dimension)
  return (firsts & (1 << index)) === 0 ? null : (firsts & (256 << index)) !== 0
}

/** Whether what is new is a surprise, by what is known of the user and the org; null when nothing is new. */
export function isSurprise(firsts: Firsts): boolean | null {
  return (firsts & newBits) === 0 ? null : (firsts & surpriseBit) !== 0
}

/** Whether a dimension is new for the whole org, and so for the user; null when that cannot be told. */
export function isStrange(firsts: Firsts, dimension: Exclude<Dimension, 'api'>): boolean | null {
  const index = dimensions.indexOf(dimension)
  if ((firsts & (1 << (strangeBits + index))) !== 0) return true
  return (firsts & (1 << index)) === 0 ? null : false
}

/** Network, app and client: where and with what the user works. */
const accessBits = 0b111
/** Application and client. */
const toolBits = 0b110

/** True when network, app and client are all known for this user, as far as the activity has them; null when none can be told. */
export function isFamiliar(firsts: Firsts): boolean | null {
  return (firsts & accessBits) === 0 ? null : (firsts & (accessBits << 8)) === 0
}

/** Whether application and client are known for this user, as far as the activity has them: only the place may be new. */
export function hasOwnTools(firsts: Firsts): boolean {
  return (firsts & toolBits) !== 0 && (firsts & (toolBits << 8)) === 0
}

/** Whether the user is a program: nobody works by hand under this name. Null while that is not known. */
export function isAutomated(firsts: Firsts): boolean | null {
  return (firsts & knownUser) === 0 ? null : (firsts & program) !== 0
}

/** Days for which the user had not been seen before; null while the user is not known for long enough. */
export function awayDays(firsts: Firsts): number | null {
  return (firsts & knownUser) === 0 ? null : (firsts >>> 16) & mostAway
}

/** Network, app, client and country as told, new and strange, and whether that is a surprise. */
const wholeAccess = [...Array(3).keys(), dimensions.indexOf('country')].reduce(
  (bits, index) => bits | (1 << index) | (256 << index) | (1 << (strangeBits + index)),
  surpriseBit,
)

/** `firsts` of what does not tell where it comes from, with what `other` tells of that. */
export function withAccessOf(firsts: Firsts, other: Firsts): Firsts {
  return firsts | (other & wholeAccess)
}

/** Whether both tell the same of where they come from. */
export function sameAccess(one: Firsts, other: Firsts): boolean {
  return ((one ^ other) & wholeAccess) === 0
}

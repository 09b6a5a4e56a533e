/**
 * What may be new about an activity for its user. `api` is the kind of API (Bulk, REST, SOAP), `country` comes with logins.
 * The order is that of the bits in {@link Firsts}, and of what is saved.
 */
export const dimensions = ['network', 'app', 'client', 'object', 'query', 'api', 'country'] as const
export type Dimension = (typeof dimensions)[number]

/**
 * What is new about an activity for its user, in one number: bit i says that dimension i can be told, bit 8 + i that it is
 * new, bit 15 that the user is a program, and the bits from 16 on how many days the user had been away. 0 while the user is
 * not known for long enough.
 */
export type Firsts = number

/** Nothing can be told. */
export const unknownFirsts: Firsts = 0

const knownUser = 0x80
const program = 0x8000

/** Of a user who is known, with nothing told about any dimension yet. `away` in days. */
export function createFirsts(away: number, automated: boolean): Firsts {
  return knownUser | (automated ? program : 0) | (Math.min(Math.max(away, 0), 0x7fff) << 16)
}

/** `firsts` with dimension number `index` told: whether it is new. */
export function tell(firsts: Firsts, index: number, isNew: boolean): Firsts {
  return firsts | (1 << index) | (isNew ? 256 << index : 0)
}

/** Whether a dimension is new for the user; null when that cannot be told. */
export function isNew(firsts: Firsts, dimension: Dimension): boolean | null {
  const index = dimensions.indexOf(dimension)
  return (firsts & (1 << index)) === 0 ? null : (firsts & (256 << index)) !== 0
}

/** Network, app and client: where and with what the user works. */
const accessBits = 0b111

/** True when network, app and client are all known for this user, as far as the activity has them; null when none can be told. */
export function isFamiliar(firsts: Firsts): boolean | null {
  return (firsts & accessBits) === 0 ? null : (firsts & (accessBits << 8)) === 0
}

/** Whether the user is a program: nobody works by hand under this name. Null while that is not known. */
export function isAutomated(firsts: Firsts): boolean | null {
  return (firsts & knownUser) === 0 ? null : (firsts & program) !== 0
}

/** Days for which the user had not been seen before; null while the user is not known for long enough. */
export function awayDays(firsts: Firsts): number | null {
  return (firsts & knownUser) === 0 ? null : firsts >>> 16
}

/** The dimensions that are new. */
export function newDimensions(firsts: Firsts): readonly Dimension[] {
  return dimensions.filter((_, index) => (firsts & (256 << index)) !== 0)
}

import { resolve } from 'node:path'
import { z } from 'zod'
import { parseDuration } from '../duration.ts'
import { ForcewatchError } from '../errors.ts'
import { readSecretFile, Secret } from './secret.ts'

/** Where a configuration lies, and who must know its secrets. */
export type FieldContext = {
  /** Relative paths start here: the folder of the configuration file. */
  readonly folder: string
  /** Is told every secret that is read. */
  readonly secretSeen: (secret: string) => void
}

/** Fields bound to one configuration file. */
export type Fields = ReturnType<typeof createFields>

/** The kinds of value that depend on where the configuration lies. */
export function createFields({ folder, secretSeen }: FieldContext) {
  const path = () =>
    z
      .string()
      .min(1)
      .transform((relative) => resolve(folder, relative))

  const secret = () =>
    z
      .string()
      .min(1)
      .transform((text) => {
        secretSeen(text)
        return new Secret(() => text, secretSeen)
      })

  const secretFile = () =>
    path().transform((file, context) => {
      const secretInFile = new Secret(() => readSecretFile(file), secretSeen)
      try {
        secretInFile.read()
      } catch (error) {
        if (!(error instanceof ForcewatchError)) throw error
        context.addIssue(`${error.message} — ${error.remedy}`)
      }
      return secretInFile
    })

  return { path, secret, secretFile }
}

/** `5m` → milliseconds. */
export function duration() {
  return z
    .string()
    .meta({ pattern: String.raw`^(\d+(\.\d+)?(ms|[smhdw]))+$` })
    .transform((text, context) => {
      const milliseconds = parseDuration(text)
      if (milliseconds === undefined || milliseconds === 0) {
        context.addIssue('is no duration — write a number and a unit, such as 30s, 5m or 24h')
        return z.NEVER
      }
      return milliseconds
    })
}

/** A whole number; also as text, since an environment variable is one. */
export function integer(minimum: number, maximum: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
    z.int().min(minimum).max(maximum),
  )
}

/** An address that starts with https, or http for a server on this machine or in a test. */
export function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'is no web address — write it whole, starting with https://' })
}

/** `host:port`; IPv6 addresses in brackets. */
export function hostAndPort() {
  return z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, {
    error: 'must be host:port, such as kafka-1.example.com:9092',
  })
}

/** A name of the IANA time zone database. */
export function timeZone() {
  return z.string().refine(isTimeZone, { error: 'is no time zone — use an IANA name such as Europe/Berlin' })
}

/** `2026-03-01` (midnight UTC) or with time and zone → ms since the epoch. */
export function instant() {
  return z.string().transform((text, context) => {
    const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
      ? Date.parse(text)
      : Number.NaN
    if (Number.isNaN(time)) {
      context.addIssue('is no date — write 2026-03-01 or 2026-03-01T08:00:00Z')
      return z.NEVER
    }
    return time
  })
}

/** Letters, digits, dot, dash and underscore: what may stand in a header, a label and a file name. */
export function name() {
  return z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, {
    error: 'is no name — use letters, digits, dot, dash and underscore, at most 63',
  })
}

type Given<N extends string> = { readonly [K in N | `${N}_file`]?: Secret | undefined }
type Without<T, N extends string> = Omit<T, N | `${N}_file`>

/** For an object with the keys `name` and `name_file`: exactly one of them must be there. */
export function needsOne<N extends string>(name: N) {
  return {
    check: (value: object) => has(value, name) !== has(value, `${name}_file`),
    params: {
      error: `needs ${name} or ${name}_file, and only one of them`,
      when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null,
    },
  }
}

/** `name` and `name_file` become one key, `name`. */
export function takeSecret<N extends string>(name: N) {
  return <T extends Given<N>>(value: T): Without<T, N> & { readonly [K in N]: Secret } =>
    merge(value, name) as Without<T, N> & { readonly [K in N]: Secret }
}

/** The same where neither need be there. */
export function takeOptionalSecret<N extends string>(name: N) {
  return <T extends Given<N>>(value: T): Without<T, N> & { readonly [K in N]?: Secret } =>
    merge(value, name) as Without<T, N> & { readonly [K in N]?: Secret }
}

function merge<N extends string>(value: Given<N>, name: N): object {
  const { [name]: direct, [`${name}_file`]: fromFile, ...rest } = value as Record<string, unknown>
  const secret = direct ?? fromFile
  return secret === undefined ? rest : { ...rest, [name]: secret }
}

function has(value: object, key: string): boolean {
  return (value as Record<string, unknown>)[key] !== undefined
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

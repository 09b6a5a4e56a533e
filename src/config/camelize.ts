import { Secret } from './secret.ts'

type CamelCase<K> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : K

/** `T` with its keys in camel case, all the way down, read-only; what is optional is absent, never undefined. */
export type Camelized<T> = T extends Secret
  ? Secret
  : T extends readonly (infer Item)[]
    ? readonly Camelized<Item>[]
    : T extends object
      ? { readonly [K in keyof T as CamelCase<K>]: Camelized<Exclude<T[K], undefined>> }
      : T

/** Plain values with every key in camel case, frozen. Secrets stay what they are. */
export function camelize<T>(value: T): Camelized<T> {
  return convert(value) as Camelized<T>
}

function convert(value: unknown): unknown {
  if (value instanceof Secret || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(convert))
  const present = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.freeze(Object.fromEntries(present.map(([key, item]) => [toCamelCase(key), convert(item)])))
}

function toCamelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

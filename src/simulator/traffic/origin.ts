import type { Place } from './places.ts'

/** An address and where it is. */
export type Origin = { readonly ip: string; readonly place: Place }

/** Addresses of the range that is set aside for benchmarks (RFC 2544): nobody's. */
export function toAddress(network: number, host: number): string {
  return `198.18.${network}.${host}`
}

/** Documentation range (RFC 3849). */
export function toIpv6(number: number): string {
  return `2001:db8:${(0x100 + number).toString(16)}:1::${(0x10 + (number % 200)).toString(16)}`
}

import { connectFaults, handshakeFaults, subscribeFaults } from './bayeux-faults.ts'
import type { Fault } from './fault.ts'
import { deliveryFaults, requestFaults, tokenFaults } from './http-faults.ts'
import { orgFaults } from './org-faults.ts'

/** Everything that can be made to go wrong. */
export const faultTable = {
  ...tokenFaults,
  ...requestFaults,
  ...handshakeFaults,
  ...connectFaults,
  ...subscribeFaults,
  ...deliveryFaults,
  ...orgFaults,
} as const satisfies Record<string, Fault>

/** Name of a row of {@link faultTable}. */
export type FaultKind = keyof typeof faultTable

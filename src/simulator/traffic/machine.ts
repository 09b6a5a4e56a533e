import type { Act } from './act.ts'
import type { SimulatedEvent } from './payload.ts'

/** A machine that works with the org: what it does between two times, which are at most an hour apart. */
export interface Machine {
  plan(from: number, to: number): Act[]
}

/** What a machine is to do between two times. */
export interface Routine {
  plan(from: number, to: number): Task[]
}

/** Something to be done at `time`; `run` makes its events for the time at which the machine gets to it. */
export type Task = { readonly time: number; readonly run: (time: number) => readonly SimulatedEvent[] }

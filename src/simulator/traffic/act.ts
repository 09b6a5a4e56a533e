import type { SimulatedEvent } from './payload.ts'

/** Something somebody is going to do. `run` makes its events when the time has come; they may lie up to hours later. */
export type Act = { readonly time: number; readonly run: () => readonly SimulatedEvent[] }

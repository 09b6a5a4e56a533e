import type { Level } from '../../../src/detection/detection.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import type { Scene } from './scene.ts'
import type { WorldName } from './worlds.ts'

/** One thing that happens in an org beside its normal traffic, and what detection makes of it. */
export type Case = {
  /** Lower-case words joined by hyphens. */
  readonly id: string
  /** One line for people. */
  readonly title: string
  /** Default `small`. */
  readonly world?: WorldName
  /** Days that are watched after the world's warm-up, from a Monday 00:00 UTC on. */
  readonly days: number
  readonly promise: AttackPromise | QuietPromise
  /** Puts its events into the scene. */
  readonly play?: (scene: Scene) => void
  /** Changes an event of the normal traffic, or takes it away. */
  readonly alter?: (event: SimulatedEvent, scene: Scene) => SimulatedEvent | null
}

/** An alert of at least `level` (default medium) about what was done, soon enough. */
export type AttackPromise = {
  readonly kind: 'attack'
  readonly level?: Level
  /** Share of the loot that may be gone by then; default a tenth. 1 where nothing is taken. */
  readonly goneAtMost?: number
  /** Besides: within so long (ms) after a moment, whatever was said before it. */
  readonly within?: { readonly since: (scene: Scene) => number; readonly time: number; readonly level: Level }
}

/** No alert above this level that would not have been raised without it. */
export type QuietPromise = { readonly kind: 'look-alike'; readonly atMost: Level | 'none' }

import { day } from '../duration.ts'
import { KeyedState } from '../stream/keyed-state.ts'
import type { VerdictWord as Teaching } from './baseline/incidents.ts'
import type { Verdict, VerdictWord } from './detection.ts'

/** Verdicts are remembered for so long after they were given, ms. */
const keptFor = 60 * day

/**
 * What a verdict teaches the baselines: whatever turned out harmless is normal, a true attack never is, and a test or a
 * duplicate says nothing about what is normal.
 */
export function teachingOf(word: VerdictWord): Teaching | null {
  if (word === 'true_positive') return 'true_positive'
  return word === 'test' || word === 'duplicate' ? null : 'expected'
}

/** The newest verdict about each alert, so that one that comes again teaches nothing twice. */
export class Verdicts {
  readonly state = new KeyedState<{ readonly id: string; readonly time: number }>('verdicts')

  /** Whether the verdict is new; an older one than the last is not. */
  add({ org, alert, id, time }: Verdict): boolean {
    const key = `${org.id}\0${alert}`
    const last = this.state.get(key)
    if (last && (last.id === id || time < last.time)) return false
    this.state.set(key, { id, time })
    return true
  }

  /** Forgets verdicts from long before `time`. */
  expire(time: number): void {
    for (const [key, last] of this.state.entries()) if (time - last.time > keptFor) this.state.delete(key)
  }
}

import { hashOf } from './text-hash.ts'

/** Where and with what a login began, each as a {@link wordOf}; 0 where no event of it has told. */
export type LoginBeginning = { readonly network: number; readonly client: number }

/** A text as a word to compare with, which is not 0. */
export function wordOf(text: string): number {
  return hashOf(text) >>> 0 || 1
}

/** Whether what an activity has differs from what its login began with; null where either is not told. */
export function isOther(began: number | undefined, now: string | null): boolean | null {
  return now === null || !began ? null : wordOf(now) !== began
}

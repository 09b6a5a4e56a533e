import type { Clock } from '../clock.ts'
import { second } from '../duration.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import { type Finding, failed, type Outcome } from './finding.ts'

/** One thing to look at. */
export type Check = {
  readonly name: string
  /** Name of a check of the same part that must not have failed. */
  readonly after?: string
  /** May reject: the error is then what was found. */
  run(signal: AbortSignal): Promise<readonly Outcome[]>
}

/** Checks of one thing that Forcewatch works with. */
export type Part = { readonly name: string; readonly checks: readonly Check[] }

export type ExamineOptions = {
  readonly clock: Clock
  /** How long a check may take, ms; 20 s when absent. */
  readonly limit?: number
}

const defaultLimit = 20 * second

/** Runs every check, whatever comes of the others, and tells the findings part by part in the given order. */
export async function* examine(parts: readonly Part[], options: ExamineOptions): AsyncGenerator<Finding> {
  const running = parts.map((part) => examinePart(part, options))
  for (const findings of running) yield* await findings
}

async function examinePart(part: Part, options: ExamineOptions): Promise<readonly Finding[]> {
  const started = new Map<string, Promise<readonly Finding[]>>()
  for (const check of part.checks) {
    const before = check.after === undefined ? undefined : started.get(check.after)
    started.set(check.name, runAfter(before, check, part.name, options))
  }
  return (await Promise.all(started.values())).flat()
}

async function runAfter(
  before: Promise<readonly Finding[]> | undefined,
  check: Check,
  part: string,
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const stands = ((await before) ?? []).every(({ status }) => status === 'ok' || status === 'warning')
  const outcomes: readonly Outcome[] = stands
    ? await runWithin(check, options)
    : [{ status: 'skipped', text: `not checked, since ${check.after} failed` }]
  return outcomes.map((outcome) => ({ part, check: check.name, ...outcome }))
}

async function runWithin(
  check: Check,
  { clock, limit = defaultLimit }: ExamineOptions,
): Promise<readonly Outcome[]> {
  const over = new AbortController()
  const late = Promise.withResolvers<readonly Outcome[]>()
  const cancel = clock.after(limit, () => {
    late.resolve([
      failed(`no answer in ${limit / second} s`, 'Look whether it hangs or is only slow, and ask again.'),
    ])
    over.abort()
  })
  try {
    return await Promise.race([check.run(over.signal), late.promise])
  } catch (error) {
    return [toOutcome(error)]
  } finally {
    cancel()
  }
}

function toOutcome(error: unknown): Outcome {
  const remedy = error instanceof ForcewatchError ? error.remedy : undefined
  return failed(messageOf(error), remedy ?? 'Ask again; if it stays, the message is what to look for.')
}

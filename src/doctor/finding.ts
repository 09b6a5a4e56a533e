/** `warning`: it works, but not as it should; `skipped`: could not be looked at, because of what is said elsewhere. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped'

/** What a check says about one thing. */
export type Outcome = {
  readonly status: Status
  /** What was found, in words. */
  readonly text: string
  /** What to do about it, exactly; absent when there is nothing to do. */
  readonly remedy?: string
  /** What it is about where that is many: channels, objects, topics. */
  readonly items?: readonly string[]
}

/** An outcome with its place in the report. */
export type Finding = Outcome & {
  /** Such as `org acme` or `kafka`. */
  readonly part: string
  /** Such as `token`. */
  readonly check: string
}

export function ok(text: string): Outcome {
  return { status: 'ok', text }
}

export function warning(text: string, remedy: string, items: readonly string[] = []): Outcome {
  return { status: 'warning', text, remedy, ...(items.length > 0 && { items }) }
}

export function failed(text: string, remedy: string, items: readonly string[] = []): Outcome {
  return { status: 'failed', text, remedy, ...(items.length > 0 && { items }) }
}

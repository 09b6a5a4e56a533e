/** How a command ends: 0 fine, 1 a check found something, 2 wrong usage, then sysexits' numbers. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unavailable: 69,
  internal: 70,
  configuration: 78,
} as const

/**
 * Every error that an operator may meet. `retryable` says whether trying again later can succeed without anybody
 * changing anything; `exit` is the process's exit code when the error ends it.
 */
export const errorTable = {
  CONFIG_INVALID: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'The configuration file has errors.',
  },
  DETECTORS_INVALID: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'A detector file has errors.',
  },
  USAGE: { retryable: false, exit: exitCodes.usage, meaning: 'A command was called wrongly.' },
  AUTH_REJECTED: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'Salesforce refused to issue a token.',
  },
  AUTH_UNAVAILABLE: {
    retryable: true,
    exit: exitCodes.unavailable,
    meaning: 'The token endpoint did not answer.',
  },
  SESSION_LOST: { retryable: true, exit: exitCodes.unavailable, meaning: 'A CometD session ended.' },
  CHANNEL_DENIED: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'Salesforce refused a channel.',
  },
  ORG_REJECTED: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'Salesforce refused a request for good.',
  },
  LOG_UNAVAILABLE: {
    retryable: true,
    exit: exitCodes.unavailable,
    meaning: 'The log (Kafka) cannot be reached.',
  },
  LOG_REJECTED: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'The log refused a request for good.',
  },
  STORE_UNAVAILABLE: {
    retryable: true,
    exit: exitCodes.unavailable,
    meaning: 'The store (Redis) cannot be reached.',
  },
  STORE_REJECTED: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'The store refused a request for good.',
  },
  FENCED: { retryable: false, exit: exitCodes.internal, meaning: 'Another owner holds the lease now.' },
  RECORD_MALFORMED: { retryable: false, exit: exitCodes.failed, meaning: 'A record cannot be understood.' },
  DELIVERY_FAILED: {
    retryable: true,
    exit: exitCodes.unavailable,
    meaning: 'A receiver did not take a notification.',
  },
  DELIVERY_REJECTED: {
    retryable: false,
    exit: exitCodes.configuration,
    meaning: 'A receiver refused a notification.',
  },
} as const satisfies Record<string, { retryable: boolean; exit: number; meaning: string }>

/** Name of a row of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable

/** An error that says what is wrong, where, and (`remedy`) how to mend it. */
export class ForcewatchError extends Error {
  readonly code: ErrorCode
  readonly remedy: string | undefined

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ForcewatchError'
    this.code = code
    this.remedy = options.remedy
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  get exitCode(): number {
    return errorTable[this.code].exit
  }
}

/** Whether this was thrown by us with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is ForcewatchError {
  return error instanceof ForcewatchError && error.code === code
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { formatDuration, minute, second } from '../duration.ts'
import type { Logger } from '../logger.ts'
import type { Trouble } from './backoff.ts'

/** Why there is no session for now. */
export type TroubleReport = {
  readonly org: string
  readonly trouble: Trouble
  /** What happened, in the words of whoever said it. */
  readonly text: string
  /** When the next session is tried, ms. */
  readonly pause: number
  /** How often this trouble came in a row. */
  readonly inARow: number
  /** For how long the org has not been heard, ms. */
  readonly silence: number
  /** Where the session was; absent when there was no token. */
  readonly instance?: string
}

/** Somebody has to look at these … */
const alarms: ReadonlySet<Trouble> = new Set(['denied', 'limit', 'auth-rejected', 'not-kept'])
/** … these belong to an ordinary day, or have been reported per channel … */
const ordinary: ReadonlySet<Trouble> = new Set(['unknown-client', 'server-disconnect', 'refused'])
/** … and whatever is not over after so long, ms, is an alarm too. */
const longSilence = 5 * minute
/** A new token that is refused so often is no accident. */
const refusedTokens = 3

const rejectedTokenRemedy =
  'Setup → Session Settings: "Lock sessions to the IP address from which they originated" must be off when this machine ' +
  'has changing addresses. The integration user must be active, and its session policies must not end sessions at once.'
const silenceRemedy =
  'Look at status.salesforce.com and at the way to the instance (DNS, firewall, proxy). It is tried again by itself, and ' +
  'Salesforce keeps events for 72 hours.'

/** Writes one line about it, as loud as it deserves and with the remedy where there is one. */
export function reportTrouble(logger: Logger, report: TroubleReport): void {
  const { org, trouble, text, pause, inARow, silence, instance } = report
  const details = {
    org,
    reason: trouble,
    again: formatDuration(pause),
    ...(instance === undefined ? {} : { instance }),
  }
  if (trouble === 'token-invalid' && inARow >= refusedTokens) {
    logger.error(
      { ...details, remedy: rejectedTokenRemedy },
      `Salesforce issues tokens but refuses them: ${text}`,
    )
  } else if (alarms.has(trouble)) {
    logger.error(details, text)
  } else if (silence >= longSilence) {
    const silent = formatDuration(Math.round(silence / second) * second)
    logger.error({ ...details, silent, remedy: silenceRemedy }, text)
  } else if (ordinary.has(trouble)) {
    logger.info(details, `session ended: ${text}`)
  } else {
    logger.warn(details, text)
  }
}

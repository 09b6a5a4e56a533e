import { formatDuration, minute, second } from '../../duration.ts'
import { failed, type Outcome, ok, warning } from '../finding.ts'
import type { Reach } from './reach.ts'

/** A JWT is good for two minutes and Salesforce allows for about three of difference; more, and nobody can log in. */
const tolerable = { quiet: 10 * second, atAll: 2 * minute } as const
const remedy = 'Set the clock of this machine by NTP (timedatectl set-ntp true; in a container: of its host).'

/** Judges how far this machine's clock is from the org's. */
export function judgeClock({ ahead }: Reach): Outcome {
  if (ahead === undefined)
    return warning('the org sent no Date header: the clocks cannot be compared', remedy)
  const difference = Math.abs(ahead)
  const text = `this machine's clock is ${formatDuration(Math.round(difference / second) * second)} ${ahead > 0 ? 'behind' : 'ahead of'} the org's`
  if (difference >= tolerable.atAll) return failed(text, remedy)
  if (difference >= tolerable.quiet) return warning(text, remedy)
  return ok("this machine's clock and the org's agree")
}

import { failed, type Outcome, ok, warning } from '../finding.ts'
import type { Reach } from './reach.ts'

/** EventApiName, by which events of custom channels are told apart, comes with this version. */
const oldestUseful = 55

/** Judges whether the org speaks the configured version of the API. */
export function judgeApiVersion({ versions }: Reach, configured: string): Outcome {
  const newest = versions.at(-1)
  if (newest === undefined) {
    return warning('the org does not list its API versions', 'Check that login_url is its My Domain address.')
  }
  if (!versions.includes(configured)) {
    return failed(`the org does not speak API version ${configured}`, `Set api_version: "${newest}".`)
  }
  if (Number(configured) < oldestUseful) {
    return warning(
      `API version ${configured} does not name the event type of each event`,
      `Set api_version: "${newest}".`,
    )
  }
  return ok(`API version ${configured} of ${versions[0]} to ${newest}`)
}

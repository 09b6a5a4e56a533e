import type { Activity } from './activity.ts'

/** Whether Salesforce runs a report in somebody's name, by a dashboard or a schedule: it does not tell that they are there. */
export function isBackground({ action, login, ip }: Activity): boolean {
  return action === 'report-run' && login === null && ip === null
}

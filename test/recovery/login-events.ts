import { toSalesforceId } from '../../src/simulator/salesforce-id.ts'

export const channel = '/event/LoginEventStream'

const start = Date.UTC(2026, 9, 5)
const minute = 60_000

/** Failures of the last user, and the text that a notification about them holds. */
export const lastBurst = 10
export const lastUser = 'user99@'

export type Login = { readonly time: Date; readonly payload: Record<string, unknown> }

/**
 * A fixed sequence on one channel (so that a restart cannot change the order): one login a minute by forty users over
 * two days, three users with a burst of failures, and at the very end a burst by a last user: when that one has been
 * notified, everything before has been processed.
 */
export function loginEvents(): readonly Login[] {
  const events: Login[] = []
  for (let index = 0; index < 2880; index++) events.push(login(index * minute, index % 40, 'Success'))
  for (const [victim, hour] of [
    [3, 9],
    [17, 20],
    [29, 40],
  ] as const) {
    for (let failure = 0; failure < 12; failure++) {
      events.push(login(hour * 60 * minute + failure * 7_000, victim, 'Invalid Password'))
    }
  }
  events.sort((a, b) => a.time.getTime() - b.time.getTime())
  for (let failure = 0; failure < lastBurst; failure++) {
    events.push(login(2880 * minute + failure * 1000, 99, 'Invalid Password'))
  }
  return events
}

function login(offset: number, user: number, status: string): Login {
  const time = new Date(start + offset)
  return {
    time,
    payload: {
      EventDate: time.toISOString(),
      EventIdentifier: `login-${offset}-${user}`,
      UserId: toSalesforceId('005', user),
      Username: `user${user}@acme.example`,
      UserType: 'Standard',
      Status: status,
      LoginType: 'Application',
      Application: 'Browser',
      SourceIp: `203.0.113.${user}`,
      LoginKey: `key${offset}`,
      SessionKey: null,
    },
  }
}

import type { AlertRecord } from '../../../src/backtest/alert-record.ts'
import type { JobResult } from '../../../src/backtest/job.ts'
import { day, hour, minute, second } from '../../../src/duration.ts'

/** A Monday, 00:00 UTC. */
export const start = Date.UTC(2026, 8, 7)

/** A line of a history: `user` logs in at `time` (ms). */
export function loginLine(time: number, user: string): string {
  const payload = {
    EventDate: new Date(time).toISOString(),
    EventIdentifier: `${user}-${time}`,
    UserId: user,
    Username: `${user}@example.com`,
    SourceIp: '203.0.113.10',
  }
  const event = { replayId: time, EventUuid: `${user}/${time}`, EventApiName: 'LoginEventStream' }
  return JSON.stringify({ channel: '/event/LoginEventStream', data: { schema: 's', payload, event } })
}

/** Three days: so many logins within a minute of each user, at noon of the day that is named, and one a day by somebody else. */
export function historyText(bursts: readonly { day: number; user: string; logins: number }[]): string {
  const times = bursts.flatMap(({ day: number, user, logins }) =>
    Array.from({ length: logins }, (_, index) => ({
      time: start + number * day + 12 * hour + index * second,
      user,
    })),
  )
  const others = [0, 1, 2].map((number) => ({ time: start + number * day + 20 * hour, user: 'other' }))
  return [...times, ...others]
    .sort((a, b) => a.time - b.time)
    .map(({ time, user }) => `${loginLine(time, user)}\n`)
    .join('')
}

/** An alert of detector `burst` about u1 that is open for an hour. */
export function alertRecord(changes: Partial<AlertRecord> = {}): AlertRecord {
  const openedAt = changes.openedAt ?? start
  return {
    id: `alert-${openedAt}`,
    org: { id: '00Dxx0000000000EAA', name: 'acme' },
    detector: 'burst',
    entity: { type: 'user', id: 'u1', name: 'u1@example.com' },
    openedAt,
    lastSeenAt: openedAt + minute,
    until: openedAt + hour,
    level: 'medium',
    count: 1,
    observed: 5,
    reason: 'threshold',
    summary: 'u1@example.com: 5 logins',
    episodes: [`episode-${openedAt}`],
    ...changes,
  }
}

export function jobResult(changes: Partial<JobResult> = {}): JobResult {
  return {
    events: 1000,
    malformed: 0,
    reasons: [],
    days: new Map(Array.from({ length: 14 }, (_, index) => [start / day + index, 100])),
    alerts: [],
    allowances: new Map(),
    unexcepted: [],
    verdicts: [],
    ...changes,
  }
}

import { day, hour, minute, second } from '../../duration.ts'
import type { Random } from '../random.ts'
import type { Act } from './act.ts'
import { recordQuery } from './api.ts'
import { busyness, drawWorkTime } from './calendar.ts'
import { type LoginKind, recordFailedLogin, recordLogin, recordLoginAs, recordLogout } from './login.ts'
import type { Person, SimulatedOrg } from './org.ts'
import {
  type FileAction,
  type RecordOperation,
  recordClassicPage,
  recordFile,
  recordLightningPage,
  recordListView,
  recordPermissionChange,
} from './pages.ts'
import type { SimulatedEvent } from './payload.ts'
import type { Recorder, Session } from './recorder.ts'
import { recordReport } from './report.ts'

const presence = { staff: 0.85, portal: 0.28 } as const

/** Everything the people of an org do on the UTC day that starts at `dayStart`, in no particular order. */
export function planPeople(org: SimulatedOrg, recorder: Recorder, dayStart: number): Act[] {
  const factor = busyness(dayStart)
  const people = [
    ...org.staff.flatMap((person) => planPerson(person, recorder, dayStart, factor, presence.staff)),
    ...org.portal.flatMap((person) => planPerson(person, recorder, dayStart, factor, presence.portal)),
  ]
  return [
    ...people,
    ...planAdministration(org, recorder, dayStart, factor),
    ...planDashboards(org, recorder, dayStart, factor),
  ]
}

function planPerson(
  person: Person,
  recorder: Recorder,
  dayStart: number,
  factor: number,
  usual: number,
): Act[] {
  const { random } = recorder
  const present = Math.min(0.97, usual * factor)
  if (!random.chance(present)) return []
  const share = factor / present
  const desk = createDesk(person, recorder)
  const acts: Act[] = []
  const plan = (rate: number, run: (time: number) => readonly SimulatedEvent[]) => {
    for (let left = random.poisson(rate * share); left > 0; left--) {
      const time = drawWorkTime(random, dayStart, person.zoneOffset, person.habit)
      acts.push({ time, run: () => [...desk.arrive(time), ...run(time)] })
    }
  }
  const { rates } = person
  plan(rates.extraLogins, (time) => desk.login(time))
  plan(rates.pages, (time) => desk.page(time))
  plan(rates.listViews, (time) =>
    recordListView(recorder, time, desk.session(), { rows: drawListRows(random) }),
  )
  plan(rates.reports, (time) => desk.report(time))
  plan(rates.exports, (time) => desk.export(time))
  plan(rates.files, (time) => desk.file(time))
  plan(rates.apiCalls, (time) => desk.api(time))
  plan(0.03, (time) => desk.logout(time + minute))
  if (acts.length === 0)
    acts.push({ time: drawWorkTime(random, dayStart, person.zoneOffset, person.habit), run: () => [] })
  const first = acts.reduce((earliest, act) => Math.min(earliest, act.time), Number.POSITIVE_INFINITY)
  const arrival = Math.max(dayStart, first - minute)
  acts.push({ time: arrival, run: () => desk.login(arrival) })
  return acts
}

function drawListRows(random: Random): number {
  return Math.min(2000, Math.round(random.logNormal(60, 0.9)))
}

/** A person's day at work: the session that is open, and what is done in it. */
function createDesk(person: Person, recorder: Recorder) {
  const { random } = recorder
  let session: Session | undefined

  function open(): Session {
    const origin = (random.chance(0.75) ? person.origins[0] : undefined) ?? random.pick(person.origins)
    session = recorder.openSession(person, origin, random.pick(person.devices), 'Browser')
    return session
  }

  function login(time: number): readonly SimulatedEvent[] {
    const opened = open()
    const kind: LoginKind =
      person.department === 'portal' ? 'portal' : person.usesSingleSignOn ? 'sso' : 'page'
    const events: SimulatedEvent[] = []
    const { origin, device } = opened
    let at = time
    for (
      let failures = countFailures(random, person.clumsiness);
      failures > 0;
      failures--, at += 15 * second
    ) {
      const status = at - time > minute ? 'Password Lockout' : 'Invalid Password'
      events.push(recordFailedLogin(recorder, at, person, origin, device, { kind, status }))
    }
    const challenged = person.department !== 'portal' && random.chance(0.03)
    if (!challenged) return [...events, recordLogin(recorder, at, opened, { kind })]
    const first = random.uuid()
    const challenge = {
      kind,
      status: 'Failed: Computer activation required',
      fields: { EventIdentifier: first },
    }
    return [
      ...events,
      recordFailedLogin(recorder, at, person, origin, device, challenge),
      recordLogin(recorder, at + 20 * second, opened, { kind, fields: { RelatedEventIdentifier: first } }),
    ]
  }

  return {
    login,
    session: () => session ?? open(),
    /** Logs in when there is no session, as after a logout. */
    arrive: (time: number) => (session ? [] : login(time - second)),
    logout(time: number): readonly SimulatedEvent[] {
      const ended = session
      session = undefined
      return ended ? [recordLogout(recorder, time, ended)] : []
    },
    page(time: number) {
      const operation =
        (['Read', 'Update', 'Create', 'Delete'] as const)[random.weighted([85, 10, 4.5, 0.5])] ?? 'Read'
      const record = person.usesLightning ? recordLightningPage : recordClassicPage
      return record(recorder, time, session ?? open(), operation satisfies RecordOperation)
    },
    report(time: number) {
      const report = random.pick(person.reports)
      const rows = Math.min(20_000, Math.round(random.logNormal(report.rows, 0.5)))
      const isSaved = random.chance(0.9)
      const run = {
        operation: 'ReportRunFromLightning',
        report: isSaved ? report : undefined,
        rows,
        scope: 'user' as const,
      }
      return recordReport(recorder, time, session ?? open(), run)
    },
    export(time: number) {
      const report = random.pick(person.reports)
      const rows = Math.min(30_000, Math.round(random.logNormal(800, 1)))
      const isAsync = random.chance(0.1)
      const operation = isAsync ? 'ReportExportedAsynchronously' : 'ReportExported'
      return recordReport(recorder, time, isAsync ? person : (session ?? open()), { operation, report, rows })
    },
    file(time: number) {
      const actions: readonly FileAction[] = ['PREVIEW', 'UI_DOWNLOAD', 'UPLOAD', 'API_DOWNLOAD']
      const action = actions[random.weighted([50, 30, 17, 3])] ?? 'PREVIEW'
      return [
        recordFile(recorder, time, session ?? open(), action, Math.round(random.logNormal(250_000, 1.3))),
      ]
    },
    api(time: number) {
      const entity = random.pick(['Contact', 'Account', 'Opportunity', 'Lead'])
      return recordQuery(recorder, time, session ?? open(), {
        query: `SELECT Id, Name, LastModifiedDate FROM ${entity} WHERE Id = '${recorder.id('003')}'`,
        entity,
        rows: random.poisson(person.department === 'administration' ? 60 : 4),
        apiType: 'REST',
        apiVersion: 62,
        userAgent: 'Mail add-in/2.4',
      })
    },
  }
}

/** Failures before a login works: rare, but they come in twos and threes. */
function countFailures(random: Random, clumsiness: number): number {
  let failures = 0
  for (let chance = clumsiness * 0.75; random.chance(chance); chance = 0.3) failures++
  return failures
}

/** Administrators act as other users and change permissions. */
function planAdministration(org: SimulatedOrg, recorder: Recorder, dayStart: number, factor: number): Act[] {
  const { random } = recorder
  const administrators = org.staff.filter(({ department }) => department === 'administration')
  const scale = org.staff.length / 500
  const acts: Act[] = []
  const plan = (rate: number, make: (time: number, session: Session, target: Person) => SimulatedEvent) => {
    for (let left = random.poisson(rate * scale * factor); left > 0; left--) {
      const administrator = random.pick(administrators)
      const time = drawWorkTime(random, dayStart, administrator.zoneOffset, 0)
      const target = random.pick(org.staff)
      const device = random.pick(administrator.devices)
      const session = recorder.openSession(
        administrator,
        random.pick(administrator.origins),
        device,
        'Browser',
      )
      acts.push({ time, run: () => [make(time, session, target)] })
    }
  }
  plan(20, (time, session, target) => recordLoginAs(recorder, time, session, target, org.identity.id))
  plan(8, (time, session, target) => recordPermissionChange(recorder, time, session, target))
  return acts
}

/** Most report runs are nobody's: dashboards refresh and schedules fire, without session or address. */
function planDashboards(org: SimulatedOrg, recorder: Recorder, dayStart: number, factor: number): Act[] {
  const { random } = recorder
  const runs = random.poisson(4200 * (org.staff.length / 500) * Math.max(0.3, factor))
  return Array.from({ length: runs }, () => {
    const owner = random.pick(org.staff)
    const isScheduled = random.chance(0.2)
    const time = isScheduled
      ? dayStart + 5 * hour + random.integer(2 * 60) * minute
      : drawWorkTime(random, dayStart, owner.zoneOffset, owner.habit)
    const report = random.pick(owner.reports)
    const dashboard = { id: owner.reports[0]?.id.replace('00O', '01Z') ?? '', name: 'Team dashboard' }
    const run = {
      operation: isScheduled ? 'ReportRunAndNotificationSent' : 'DashboardComponentUpdated',
      report,
      rows: Math.min(2000, Math.round(random.logNormal(report.rows, 0.3))),
      isScheduled,
      ...(isScheduled ? {} : { dashboard }),
    }
    return { time: Math.min(time, dayStart + day - 1), run: () => recordReport(recorder, time, owner, run) }
  })
}

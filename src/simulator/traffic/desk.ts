import { minute, second } from '../../duration.ts'
import type { Random } from '../random.ts'
import { recordQuery } from './api.ts'
import type { Phone } from './devices.ts'
import { rates } from './lives/rates.ts'
import { type LoginKind, recordFailedLogin, recordLogin, recordLogout } from './login.ts'
import type { Person } from './org.ts'
import type { Origin } from './origin.ts'
import {
  type FileAction,
  type RecordOperation,
  recordClassicPage,
  recordFile,
  recordLightningPage,
  recordListView,
} from './pages.ts'
import type { SimulatedEvent } from './payload.ts'
import type { Recorder, Session } from './recorder.ts'
import { recordReport } from './report.ts'

/** What a person does in a day at work. */
export type Desk = ReturnType<typeof createDesk>

type PhoneToday = Phone & { readonly origin: Origin }

/** A person's day at work: the session that is open, and what is done in it. */
export function createDesk(person: Person, recorder: Recorder) {
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
    page(time: number, operation: RecordOperation = drawOperation(random)) {
      const record = person.usesLightning ? recordLightningPage : recordClassicPage
      return record(recorder, time, session ?? open(), operation)
    },
    listView: (time: number) =>
      recordListView(recorder, time, session ?? open(), { rows: drawListRows(random) }),
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
      const rows = drawExportRows(random)
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
    /** Beside the session of the desk: `refresh` when the phone renews its token, `oauth` when it is let in. */
    phoneLogin(time: number, { device, application, origin }: PhoneToday, kind: 'oauth' | 'refresh') {
      const opened = recorder.openSession(person, origin, device, application)
      return recordLogin(recorder, time, opened, { kind })
    },
  }
}

/** Failures before a login works: rare, but they come in twos and threes. */
function countFailures(random: Random, clumsiness: number): number {
  let failures = 0
  for (let chance = clumsiness * 0.75; random.chance(chance); chance = 0.3) failures++
  return failures
}

function drawOperation(random: Random): RecordOperation {
  return (['Read', 'Update', 'Create', 'Delete'] as const)[random.weighted([85, 10, 4.5, 0.5])] ?? 'Read'
}

/** Mostly some hundreds; once in a while a year of them instead of a month. */
function drawExportRows(random: Random): number {
  const usual = Math.min(30_000, random.logNormal(800, 1))
  const { chance, times, sigma } = rates.largeExport
  return Math.round(random.chance(chance) ? Math.min(200_000, usual * random.logNormal(times, sigma)) : usual)
}

function drawListRows(random: Random): number {
  return Math.min(2000, Math.round(random.logNormal(60, 0.9)))
}

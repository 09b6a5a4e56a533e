import { day, hour, minute } from '../../../src/duration.ts'
import { directoryRecords } from '../../../src/simulator/directory-records.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import type { OrgUser } from '../../../src/simulator/server/org-user.ts'
import {
  recordBulkQuery,
  recordBulkResult,
  recordCount,
  recordQuery,
} from '../../../src/simulator/traffic/api.ts'
import {
  browserVersion,
  type Device,
  drawDevice,
  unknownDevice,
} from '../../../src/simulator/traffic/devices.ts'
import type { Integration, IntegrationKind } from '../../../src/simulator/traffic/integration.ts'
import { type LoginKind, recordFailedLogin, recordLogin } from '../../../src/simulator/traffic/login.ts'
import type { Department, Person, SimulatedOrg } from '../../../src/simulator/traffic/org.ts'
import { recordFile, recordListView } from '../../../src/simulator/traffic/pages.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import { farPlaces } from '../../../src/simulator/traffic/places.ts'
import {
  createRecorder,
  type Recorder,
  type Session,
  sessionFields,
} from '../../../src/simulator/traffic/recorder.ts'
import { recordReport } from '../../../src/simulator/traffic/report.ts'

/** What is read about users at a time, as events of the directory's channel. */
export function directoryEvents(users: readonly OrgUser[], time: number): readonly SimulatedEvent[] {
  return [...directoryRecords(users, time)].map((line) => {
    const { channel, data } = JSON.parse(line)
    return { time, channel, payload: data.payload }
  })
}

/** A client as its queries show it. */
export type Client = {
  readonly apiType: string
  readonly userAgent: string | null
  readonly client?: string | null
}

export const script: Client = { apiType: 'REST', userAgent: 'node-fetch/3.3.2' }

/** What a case can do in an org: it collects events, in any order. */
export class Scene {
  readonly org: SimulatedOrg
  readonly seed: string
  /** 00:00 UTC of the Monday on which the case begins. */
  readonly monday: number
  readonly recorder: Recorder
  readonly #events: SimulatedEvent[] = []

  constructor(org: SimulatedOrg, seed: string, monday: number, name: string) {
    this.org = org
    this.seed = seed
    this.monday = monday
    this.recorder = createRecorder(createRandom(`evaluation/${seed}/${name}`))
  }

  /** Ms of a moment UTC; day 0 is the Monday. */
  at(dayNumber: number, hours: number, minutes = 0, seconds = 0): number {
    return this.monday + dayNumber * day + hours * hour + minutes * minute + seconds * 1000
  }

  /** Somebody of a department, the `number`th. */
  person(department: Department, number = 0): Person {
    const found = this.org.staff.filter((person) => person.department === department)[number]
    if (!found) throw new RangeError(`there is no person ${number} in ${department}`)
    return found
  }

  integration(kind: IntegrationKind): Integration {
    const found = this.org.integrations.find((integration) => integration.kind === kind)
    if (!found) throw new RangeError(`there is no integration ${kind}`)
    return found
  }

  /** An address of a network that nobody of the org has ever used; equal networks for equal numbers. */
  strangeAddress(network: number, host = 20): string {
    return `100.${64 + (network >> 8)}.${network & 255}.${host}`
  }

  /** A session from anywhere, without a login event of its own. */
  session(user: OrgUser, ip: string, application = 'Browser', device: Device = unknownDevice): Session {
    const place = farPlaces[0]
    if (!place) throw new RangeError('no place')
    return this.recorder.openSession(user, { ip, place }, device, application)
  }

  /** As the person always is: usual address, usual device. */
  usualSession(person: Person | Integration): Session {
    const origin = person.origins[0]
    if (!origin) throw new RangeError('no origin')
    if ('devices' in person)
      return this.recorder.openSession(person, origin, person.devices[0] ?? unknownDevice, 'Browser')
    return this.recorder.openSession(person, origin, unknownDevice, person.application)
  }

  device(): Device {
    return drawDevice(this.recorder.random, browserVersion(this.monday))
  }

  login(time: number, session: Session, kind: LoginKind): void {
    this.add(recordLogin(this.recorder, time, session, { kind }))
  }

  failLogin(time: number, session: Session, kind: LoginKind, status = 'Invalid Password'): void {
    this.add(
      recordFailedLogin(this.recorder, time, session.user, session.origin, session.device, { kind, status }),
    )
  }

  query(
    time: number,
    session: Session,
    entity: string,
    rows: number,
    how: Client = script,
    text?: string,
  ): void {
    const query = text ?? `SELECT Id, Name, Email, Phone FROM ${entity}`
    this.add(...recordQuery(this.recorder, time, session, { query, entity, rows, apiVersion: 60, ...how }))
  }

  count(time: number, session: Session, entity: string, rows: number, how: Client = script): void {
    this.add(recordCount(this.recorder, time, session, entity, rows, { apiVersion: 60, ...how }))
  }

  /** A Bulk query and its result, fetched in parts from half a minute later on. */
  bulk(time: number, session: Session, entity: string, rows: number, parts = 1, text?: string): void {
    const query = text ?? `SELECT FIELDS(ALL) FROM ${entity}`
    this.add(recordBulkQuery(this.recorder, time, session, query, entity, rows))
    for (let part = 0; part < parts; part++)
      this.add(recordBulkResult(this.recorder, time + 30_000 + part * 10_000, session, query))
  }

  exportReport(time: number, session: Session, entity: string, rows: number, columns = 40): void {
    const run = { operation: 'ReportExported', report: undefined, entity, rows, columns }
    this.add(...recordReport(this.recorder, time, session, run))
  }

  runReport(time: number, session: Session, entity: string, rows: number): void {
    const run = { operation: 'ReportRunFromLightning', report: undefined, entity, rows }
    this.add(...recordReport(this.recorder, time, session, run))
  }

  listView(time: number, session: Session, rows: number): void {
    this.add(...recordListView(this.recorder, time, session, { rows }))
  }

  downloadFile(time: number, session: Session, bytes: number): void {
    this.add(recordFile(this.recorder, time, session, 'UI_DOWNLOAD', bytes))
  }

  /** Records deleted by API, a call for 200 of them. */
  deleteRecords(time: number, session: Session, entity: string, records: number, pace = 2000): void {
    for (let done = 0; done < records; done += 200)
      this.add(
        this.recorder.record('ApiEventStream', time + (done / 200) * pace, {
          ...sessionFields(session),
          LoginHistoryId: session.loginHistoryId,
          Operation: 'DeleteHard',
          ApiType: 'REST',
          ApiVersion: 60,
          Application: session.application,
          Client: null,
          QueriedEntities: entity,
          RowsProcessed: Math.min(200, records - done),
          RowsReturned: 0,
          UserAgent: script.userAgent,
          Platform: 'Unknown',
          AdditionalInfo: '{}',
        }),
      )
  }

  /** A permission set with these permissions is given to `target` by the owner of the session. */
  grant(time: number, session: Session, target: OrgUser, permissions: readonly string[]): void {
    this.add(
      this.recorder.record('PermissionSetEvent', time, {
        ...sessionFields(session),
        LoginHistoryId: session.loginHistoryId,
        Operation: 'AssignedToUsers',
        PermissionType: 'UserPermission',
        PermissionList: JSON.stringify({ Permissions: permissions }),
        ParentIdList: JSON.stringify([this.recorder.id('0PS')]),
        ParentNameList: '["Temporary_Access"]',
        ImpactedUserIds: JSON.stringify([target.id]),
        UserCount: '1',
        HasExternalUsers: false,
        EventSource: 'Classic',
      }),
    )
  }

  /** Tells of users that the directory did not know. */
  hire(users: readonly OrgUser[], time: number): void {
    this.add(...directoryEvents(users, time))
  }

  /** The org tells of its apps, and that it has one for those users only whom an administrator has approved. */
  approveApp(name: string, time: number): void {
    const EventDate = new Date(time).toISOString()
    const org = { EventDate, AppsVisible: true, TokensVisible: false }
    const app = { EventDate, Name: name, ConnectedAppId: this.recorder.id('0H4'), ApprovedUsersOnly: true }
    this.add(
      { time, channel: '/forcewatch/org', payload: org },
      { time, channel: '/forcewatch/app', payload: app },
    )
  }

  add(...events: readonly SimulatedEvent[]): void {
    this.#events.push(...events)
  }

  /** Everything that was done, in the order of publication. */
  events(): readonly SimulatedEvent[] {
    return this.#events.toSorted((a, b) => a.time - b.time)
  }
}

import { minute, second } from '../../duration.ts'
import { recordBulkQuery, recordBulkResult, recordQuery } from './api.ts'
import type { Desk } from './desk.ts'
import { unknownDevice } from './devices.ts'
import type { Errand, Today } from './lives/life.ts'
import { recordFailedLogin, recordLogin } from './login.ts'
import type { SimulatedEvent } from './payload.ts'
import { type Recorder, type Session, sessionFields } from './recorder.ts'

type RunErrand = (today: Today, desk: Desk, recorder: Recorder, time: number) => readonly SimulatedEvent[]

/** What a person does once in a while, beginning at `time`. */
export const errands: Readonly<Record<Errand, RunErrand>> = {
  'forgotten password': forgetPassword,
  'new phone': connectPhone,
  'clean-up': cleanUp,
  'data load': loadData,
}

/** Salesforce locks a user out after so many failures. */
const failuresUntilLockout = 5

/** Five guesses and a lockout; some minutes later a new password, which logs in at once. */
function forgetPassword({ person }: Today, _desk: Desk, recorder: Recorder, time: number): SimulatedEvent[] {
  const { random } = recorder
  const kind = person.department === 'portal' ? 'portal' : 'page'
  const origin = random.pick(person.origins)
  const device = random.pick(person.devices)
  const pace = random.between(15, 50) * second
  const failures = Array.from({ length: failuresUntilLockout + 1 }, (_, guess) => {
    const status = guess < failuresUntilLockout ? 'Invalid Password' : 'Password Lockout'
    return recordFailedLogin(recorder, time + guess * pace, person, origin, device, { kind, status })
  })
  const reset = time + failuresUntilLockout * pace + random.between(3, 40) * minute
  const session = recorder.openSession(person, origin, device, 'Browser')
  const fields = { LoginSubType: 'UiPasswordReset' }
  return [...failures, recordLogin(recorder, reset, session, { kind, fields })]
}

/** A phone is let in once; from then on it renews its token. */
function connectPhone({ phone }: Today, desk: Desk, _recorder: Recorder, time: number): SimulatedEvent[] {
  return phone ? [desk.phoneLogin(time, phone, 'oauth')] : []
}

/** Records of a list are deleted: one after the other on pages, or by an administrator with a tool, two hundred a call. */
function cleanUp({ person }: Today, desk: Desk, recorder: Recorder, time: number): SimulatedEvent[] {
  const { random } = recorder
  if (person.department === 'administration') {
    const session = openLoader(desk, recorder)
    const records = Math.min(20_000, Math.round(random.logNormal(1500, 1)))
    return [
      recordLogin(recorder, time, session, { kind: 'oauth' }),
      ...deleteByTool(recorder, time, session, records),
    ]
  }
  const records = Math.min(250, Math.round(random.logNormal(50, 0.6)))
  const pace = random.between(8, 30) * second
  return Array.from({ length: records }, (_, number) => desk.page(time + number * pace, 'Delete')).flat()
}

function deleteByTool(recorder: Recorder, time: number, session: Session, records: number): SimulatedEvent[] {
  const batch = 200
  return Array.from({ length: Math.ceil(records / batch) }, (_, number) =>
    recorder.record('ApiEventStream', time + minute + number * 2 * second, {
      ...sessionFields(session),
      LoginHistoryId: session.loginHistoryId,
      Operation: 'DeleteSoft',
      ApiType: loader.apiType,
      ApiVersion: loader.apiVersion,
      Application: session.application,
      Client: loader.client,
      Platform: 'Unknown',
      QueriedEntities: 'Lead',
      RowsProcessed: Math.min(batch, records - number * batch),
      RowsReturned: 0,
      AdditionalInfo: '{}',
    }),
  )
}

const loader = {
  apiType: 'SOAP Partner',
  apiVersion: 63,
  userAgent: null,
  client: 'DataLoaderPartnerUI/63.0.0',
}

/** One to three extracts with a data loader, by pages or by Bulk as it happens to be set. */
function loadData(_today: Today, desk: Desk, recorder: Recorder, time: number): SimulatedEvent[] {
  const { random } = recorder
  const session = openLoader(desk, recorder)
  const isBulk = random.chance(0.5)
  const extracts = Array.from({ length: 1 + random.integer(3) }, (_, number) => {
    const at = time + minute + number * random.between(5, 15) * minute
    const entity = random.pick(['Account', 'Contact', 'Lead', 'Opportunity', 'Case', 'Task'])
    const rows = Math.min(300_000, Math.round(random.logNormal(8_000, 1.2)))
    const query = `SELECT Id, Name, OwnerId, CreatedDate FROM ${entity}`
    if (!isBulk) return recordQuery(recorder, at, session, { ...loader, query, entity, rows })
    const parts = Math.ceil(rows / 50_000)
    return [
      recordBulkQuery(recorder, at, session, query, entity, rows),
      ...Array.from({ length: parts }, (_, part) =>
        recordBulkResult(recorder, at + 20 * second + part * 5 * second, session, query),
      ),
    ]
  })
  return [recordLogin(recorder, time, session, { kind: 'oauth' }), ...extracts.flat()]
}

function openLoader(desk: Desk, recorder: Recorder): Session {
  const { user, origin } = desk.session()
  return recorder.openSession(user, origin, unknownDevice, 'Data Loader')
}

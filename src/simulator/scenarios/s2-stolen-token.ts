import { day, hour, minute } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { recordBulkQuery, recordBulkResult, recordCount, recordQuery } from '../traffic/api.ts'
import { unknownDevice } from '../traffic/devices.ts'
import { recordLogin } from '../traffic/login.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import type { Session } from '../traffic/recorder.ts'
import {
  createScenarioRecorder,
  findIntegration,
  hostedOrigin,
  type Scenario,
  vpnOrigin,
} from './scenario.ts'

/**
 * S2: the token of an approved integration is used from elsewhere, quietly for five days, then for 1.2 million cases by Bulk.
 * The start counts as 22:14 of the first day, whatever the clock says. `withLogins: false` leaves out the login events, since
 * Salesforce may not stream those of integrations.
 */
export function stolenToken({ withLogins }: { readonly withLogins: boolean }): Scenario {
  return (org, start, seed) => {
    const recorder = createScenarioRecorder('S2', seed)
    const integration = findIntegration(org, 'chat')
    const origin = start - (22 * hour + 14 * minute)
    const at = (dayNumber: number, time: number) => origin + (dayNumber - 1) * day + time
    const clockTime = (hours: number, minutes: number, seconds = 0) =>
      hours * hour + minutes * minute + seconds * 1000
    const open = (place: typeof vpnOrigin, number: number) =>
      recorder.openSession(integration, place(number), unknownDevice, integration.application)
    const how = { apiType: 'REST', apiVersion: 60, userAgent: 'python-requests/2.32.3', client: null }
    const events: SimulatedEvent[] = []

    const login = (time: number, session: Session) => {
      if (withLogins) events.push(recordLogin(recorder, time, session, { kind: 'refresh' }))
    }
    const read = (time: number, session: Session, query: string, entity: string, rows: number) =>
      events.push(...recordQuery(recorder, time, session, { ...how, query, entity, rows }))
    const count = (time: number, session: Session, entity: string, rows: number) =>
      events.push(recordCount(recorder, time, session, entity, rows, how))

    const first = open(vpnOrigin, 3)
    login(start, first)
    read(at(2, clockTime(10, 12)), first, 'SELECT FIELDS(ALL) FROM Case LIMIT 10', 'Case', 10)
    count(at(3, clockTime(0, 17)), first, 'Account', 310_000)
    count(at(3, clockTime(0, 17, 6)), first, 'Contact', 840_000)
    count(at(3, clockTime(0, 17, 13)), first, 'User', 2_500)
    read(
      at(3, clockTime(4, 34)),
      first,
      'SELECT FIELDS(CUSTOM) FROM Subscription__c LIMIT 5000',
      'Subscription__c',
      5000,
    )
    read(
      at(3, clockTime(11, 9)),
      first,
      'SELECT Id, Name, OrganizationType FROM Organization',
      'Organization',
      1,
    )
    read(at(3, clockTime(11, 9, 30)), first, `SELECT ${userColumns} FROM User LIMIT 20`, 'User', 20)
    count(at(5, clockTime(9, 2)), first, 'Case', 1_200_000)

    const second = open(hostedOrigin, 77)
    login(at(6, clockTime(11, 11, 23)), second)
    count(at(6, clockTime(11, 11, 55)), second, 'Case', 1_200_000)
    const query = 'SELECT Id, Subject, Description, SuppliedEmail FROM Case'
    events.push(recordBulkQuery(recorder, at(6, clockTime(11, 12, 14)), second, query, 'Case', 1_200_000))
    for (let part = 0; part < 24; part++)
      events.push(recordBulkResult(recorder, at(6, clockTime(11, 12, 14)) + part * 8 * 1000, second, query))
    return inOrder(events)
  }
}

const userColumns = Array.from({ length: 22 }, (_, index) => (index === 0 ? 'Id' : `Field${index}__c`)).join(
  ', ',
)

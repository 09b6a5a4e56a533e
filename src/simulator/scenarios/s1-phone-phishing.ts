import { minute, second } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { recordBulkQuery, recordBulkResult, recordCount, recordQuery } from '../traffic/api.ts'
import { unknownDevice } from '../traffic/devices.ts'
import { recordLogin } from '../traffic/login.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import { createScenarioRecorder, findPerson, type Scenario, vpnOrigin } from './scenario.ts'

/**
 * S1: an administrator is talked into connecting a modified Data Loader. Counts, small probes, then whole objects: 1.4 million
 * rows in 55 minutes, by pages and by Bulk.
 */
export const phonePhishing: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('S1', seed)
  const session = recorder.openSession(
    findPerson(org, 'administration'),
    vpnOrigin(7),
    unknownDevice,
    'My Ticket Portal',
  )
  const how = { apiType: 'SOAP Partner', apiVersion: 61, userAgent: null, client: null }
  const events: SimulatedEvent[] = [recordLogin(recorder, start, session, { kind: 'oauth' })]

  const count = (offset: number, entity: string, rows: number) =>
    events.push(recordCount(recorder, start + offset, session, entity, rows, how))
  const read = (offset: number, entity: string, rows: number, pace = 1600, limit = '') =>
    events.push(
      ...recordQuery(recorder, start + offset, session, {
        ...how,
        query: `SELECT Id, Name, Email, Phone, MailingAddress FROM ${entity}${limit}`,
        entity,
        rows,
        pace,
      }),
    )
  const bulk = (offset: number, entity: string, rows: number, downloads: number) => {
    const query = `SELECT Id, Name, Amount, Description FROM ${entity}`
    events.push(recordBulkQuery(recorder, start + offset + 30 * second, session, query, entity, rows))
    for (let part = 0; part < downloads; part++)
      events.push(recordBulkResult(recorder, start + offset + minute + part * 20 * second, session, query))
  }

  count(40 * second, 'Account', 240_000)
  count(44 * second, 'Contact', 850_000)
  count(49 * second, 'Case', 60_000)
  const probes = [50, 100, 200, 200, 500, 500]
  probes.forEach((limit, index) => {
    read(2 * minute + index * 25 * second, index % 2 ? 'Contact' : 'Account', limit, 1600, ` LIMIT ${limit}`)
  })
  read(9 * minute, 'Contact', 850_000)
  bulk(22 * minute, 'Account', 240_000, 4)
  bulk(25 * minute, 'Opportunity', 130_000, 3)
  read(31 * minute, 'Lead', 90_000, 8 * second)
  read(39 * minute, 'Case', 60_000, 12 * second)
  read(48 * minute, 'Task', 28_450, 30 * second)
  return inOrder(events)
}

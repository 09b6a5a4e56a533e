import { hour, minute, second } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { recordBulkQuery, recordBulkResult } from '../traffic/api.ts'
import { unknownDevice } from '../traffic/devices.ts'
import { recordLogin } from '../traffic/login.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import { createScenarioRecorder, findIntegration, type Scenario } from './scenario.ts'

/** Look-alike 4: the warehouse reads everything again, by day: twenty to thirty times its usual night, from its usual address. */
export const fullResync: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('L4', seed)
  const loader = findIntegration(org, 'nightly-load')
  const session = recorder.openSession(
    loader,
    recorder.random.pick(loader.origins),
    unknownDevice,
    loader.application,
  )
  const events: SimulatedEvent[] = [recordLogin(recorder, start, session, { kind: 'refresh' })]
  loader.objects.forEach((entity, index) => {
    const time = start + minute + (index * 6 * hour) / loader.objects.length
    const rows = Math.round((25 * 60_000 * loader.load) / (1 + index / 3))
    const query = `SELECT FIELDS(ALL) FROM ${entity}`
    events.push(recordBulkQuery(recorder, time, session, query, entity, rows))
    for (let part = 0; part < Math.max(2, 60 * loader.load); part++)
      events.push(recordBulkResult(recorder, time + 30 * second + part * 5 * second, session, query))
  })
  return inOrder(events)
}

import { minute, second } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { browserVersion, drawDevice } from '../traffic/devices.ts'
import { recordLogin, recordLogout } from '../traffic/login.ts'
import type { Origin } from '../traffic/origin.ts'
import { recordFile, recordListView } from '../traffic/pages.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import { zones } from '../traffic/places.ts'
import { recordReport } from '../traffic/report.ts'
import { createScenarioRecorder, findPerson, type Scenario } from './scenario.ts'

const exportedRows = [4_000, 18_000, 33_000, 52_000, 68_000, 80_000, 95_000, 120_000, 140_000]

/** S5: a phished single sign-on session of a salesperson: reports, 610,000 exported rows, list views, 340 files, logout. */
export const exportByHand: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('S5', seed)
  const { random } = recorder
  const victim = findPerson(org, 'sales')
  const session = recorder.openSession(
    victim,
    otherCity(victim.origins),
    drawDevice(random, browserVersion(start)),
    'Browser',
  )
  const events: SimulatedEvent[] = [recordLogin(recorder, start, session, { kind: 'sso' })]

  for (let run = 0; run < 4; run++) {
    const details = {
      operation: 'ReportRunFromLightning',
      report: undefined,
      rows: 2000,
      scope: 'organization',
    } as const
    events.push(...recordReport(recorder, start + 8 * minute + run * 70 * second, session, details))
  }
  exportedRows.forEach((rows, index) => {
    const chunks = rows > 30_000 ? 5 + Math.round((7 * rows) / 140_000) : 1
    const columns = 60 + random.integer(36)
    const details = {
      operation: 'ReportExported',
      report: undefined,
      entity: 'Contact',
      rows,
      chunks,
      columns,
    }
    events.push(...recordReport(recorder, start + 14 * minute + index * 2 * minute, session, details))
  })
  for (let view = 0; view < 12; view++)
    events.push(
      ...recordListView(recorder, start + 35 * minute + view * 45 * second, session, { rows: 2000 }),
    )
  let time = start + 50 * minute
  for (let file = 0; file < 340; file++) {
    events.push(recordFile(recorder, time, session, 'UI_DOWNLOAD', Math.round(random.logNormal(400_000, 1))))
    time += random.between(3_000, 9_000)
  }
  events.push(recordLogout(recorder, start + 95 * minute, session))
  return inOrder(events)
}

/** An address in the same country, but in a city where the person has never been. */
function otherCity(usual: readonly Origin[]): Origin {
  const home = usual[0]?.place
  const places = zones.flatMap((zone) => zone.places)
  const place =
    places.find(
      ({ iso, city }) => iso === home?.iso && !usual.some((origin) => origin.place.city === city),
    ) ?? places[0]
  return { ip: '192.0.2.44', place: place ?? usual[0]?.place ?? fallback }
}

const fallback = {
  city: '',
  subdivision: '',
  country: '',
  iso: '',
  postalCode: '',
  latitude: 0,
  longitude: 0,
}

import { hour } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { browserVersion, drawDevice } from '../traffic/devices.ts'
import { recordFailedLogin, recordLogin } from '../traffic/login.ts'
import { dormantPortalUser } from '../traffic/org.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import { createScenarioRecorder, type Scenario, vpnOrigin } from './scenario.ts'

const failures = 18_000
const users = 6_200
const addresses = 900
const successes = Math.round(failures * 0.006)

/** S7a: passwords stolen elsewhere are tried on the portal, spread over many users and addresses, for three hours. */
export const credentialStuffing: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('S7a', seed)
  const { random } = recorder
  const victims = Array.from(
    { length: users },
    (_, number) => org.portal[number] ?? dormantPortalUser(number),
  )
  const device = drawDevice(random, browserVersion(start))
  const events: SimulatedEvent[] = []
  for (let number = 0; number < failures + successes; number++) {
    const time = start + random.integer(3 * hour)
    const user = victims[number % users] ?? dormantPortalUser(number)
    // In turn, so that no address makes more than 25 attempts.
    const origin = vpnOrigin(500 + (number % addresses))
    if (number < failures) {
      events.push(recordFailedLogin(recorder, time, user, origin, device, { kind: 'portal' }))
    } else {
      const session = recorder.openSession(user, origin, device, 'Browser')
      events.push(recordLogin(recorder, time, session, { kind: 'portal' }))
    }
  }
  return inOrder(events)
}

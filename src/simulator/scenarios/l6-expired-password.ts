import { hour, minute } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { unknownDevice } from '../traffic/devices.ts'
import { recordFailedLogin } from '../traffic/login.ts'
import { createScenarioRecorder, findIntegration, type Scenario } from './scenario.ts'

/** Look-alike 6: a service account's password has expired; it fails every five minutes for eight hours, as unattended as ever. */
export const expiredPassword: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('L6', seed)
  const service = findIntegration(org, 'connector')
  const origin = recorder.random.pick(service.origins)
  const attempts = Array.from({ length: (8 * hour) / (5 * minute) }, (_, number) =>
    recordFailedLogin(recorder, start + number * 5 * minute, service, origin, unknownDevice, {
      kind: 'soap',
      application: service.application,
    }),
  )
  return inOrder(attempts)
}

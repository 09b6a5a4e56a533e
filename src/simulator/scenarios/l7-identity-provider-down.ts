import { minute } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { recordFailedLogin } from '../traffic/login.ts'
import { createScenarioRecorder, type Scenario } from './scenario.ts'

/** Look-alike 7: the identity provider is down; 40 % of the staff fail within ten minutes, from where they always are. */
export const identityProviderDown: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('L7', seed)
  const { random } = recorder
  const affected = org.staff.filter((_, index) => index % 5 < 2)
  const attempts = affected.flatMap((person) =>
    Array.from({ length: 1 + random.integer(3) }, () =>
      recordFailedLogin(
        recorder,
        start + random.integer(10 * minute),
        person,
        person.origins[0] ?? random.pick(person.origins),
        random.pick(person.devices),
        { kind: 'sso', status: 'Failed: Assertion Invalid' },
      ),
    ),
  )
  return inOrder(attempts)
}

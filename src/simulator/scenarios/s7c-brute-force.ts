import { minute, second } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { unknownDevice } from '../traffic/devices.ts'
import { recordFailedLogin } from '../traffic/login.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import { createScenarioRecorder, findPerson, hostedOrigin, type Scenario } from './scenario.ts'

/** S7c: ten guesses of an administrator's password in six minutes, lockout, and again every sixteen minutes for eight hours. */
export const bruteForce: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('S7c', seed)
  const victim = findPerson(org, 'administration')
  const origin = hostedOrigin(12)
  const events: SimulatedEvent[] = []
  for (let round = 0; round < 30; round++) {
    const begin = start + round * 16 * minute
    const attempt = (time: number, status: string) =>
      events.push(recordFailedLogin(recorder, time, victim, origin, unknownDevice, { kind: 'page', status }))
    for (let guess = 0; guess < 10; guess++) attempt(begin + guess * 36 * second, 'Invalid Password')
    attempt(begin + 6 * minute, 'Password Lockout')
  }
  return inOrder(events)
}

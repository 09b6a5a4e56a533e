import { day, second } from '../../duration.ts'
import { inOrder } from '../merge.ts'
import { drawWorkTime, startOfDay } from '../traffic/calendar.ts'
import { recordLogin } from '../traffic/login.ts'
import { recordReport } from '../traffic/report.ts'
import { createScenarioRecorder, type Scenario } from './scenario.ts'

/** Look-alike 11: quarter end; everybody in sales exports three times as much as usual, from the start to the end of that day. */
export const quarterEnd: Scenario = (org, start, seed) => {
  const recorder = createScenarioRecorder('L11', seed)
  const { random } = recorder
  const end = startOfDay(start) + day
  const events = org.staff
    .filter(({ department }) => department === 'sales')
    .flatMap((person) => {
      const session = recorder.openSession(
        person,
        random.pick(person.origins),
        random.pick(person.devices),
        'Browser',
      )
      const exports = Math.max(1, random.poisson(3 * person.rates.exports))
      const times = Array.from({ length: exports }, () =>
        Math.max(
          start,
          Math.min(end - 1, drawWorkTime(random, startOfDay(start), person.zoneOffset, person.habit)),
        ),
      ).sort((left, right) => left - right)
      const login = recordLogin(recorder, times[0] ?? start, session, { kind: 'sso' })
      const runs = times.flatMap((time) => {
        const rows = Math.min(40_000, Math.round(random.logNormal(1000, 0.8)))
        return recordReport(recorder, time + 30 * second, session, {
          operation: 'ReportExported',
          report: random.pick(person.reports),
          rows,
        })
      })
      return [login, ...runs]
    })
  return inOrder(events)
}

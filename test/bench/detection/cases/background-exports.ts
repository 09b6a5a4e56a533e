import { minute } from '../../../../src/duration.ts'
import { unknownDevice } from '../../../../src/simulator/traffic/devices.ts'
import { recordReport } from '../../../../src/simulator/traffic/report.ts'
import type { Case } from '../case.ts'

/** The events of such exports name no session and no address. */
export const backgroundExports: Case = {
  id: 'background-exports',
  title:
    'a phished password from abroad has five reports of 4,000 rows exported in the background, within an hour',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.6 },
  play(scene) {
    const person = scene.person('sales', 6)
    const device = { ...unknownDevice, browser: 'Firefox 144', platform: 'Linux' }
    const session = scene.session(person, scene.strangeAddress(118), 'Browser', device)
    scene.login(scene.at(1, 15), session, 'page')
    ;['Contact', 'Account', 'Case', 'Opportunity', 'Lead'].forEach((entity, number) => {
      const run = {
        operation: 'ReportExportedAsynchronously',
        report: undefined,
        entity,
        rows: 4000,
        columns: 30,
      }
      scene.add(...recordReport(scene.recorder, scene.at(1, 15, 5) + number * 12 * minute, person, run))
    })
  },
}

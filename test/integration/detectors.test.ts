import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { detectorText } from '../unit/detection/detector-file.ts'
import { createInstallation, type Installation } from './installation.ts'

const channel = '/event/LoginEventStream'

/** On the embedded log and store, as a small org has it. */
describe('who changes detectors of a service that is at work', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let installation: Installation

  beforeEach(async () => {
    folder = temporaryFolder()
    folder.write('detectors/burst.yaml', detectorText())
    folder.write('overlays/README.md', 'Our own changes.')
    installation = await createInstallation({
      config: {
        embedded: { directory: `${folder.path}/data` },
        detectors: { directory: `${folder.path}/detectors`, overlays: `${folder.path}/overlays` },
      },
      watch: { channels: [channel] },
    })
  })

  afterEach(async () => {
    await installation.close()
    folder[Symbol.dispose]()
  })

  async function logIn(user: string, times: number): Promise<void> {
    const { simulator } = installation
    await simulator.ready()
    for (let login = 0; login < times; login++) {
      const person = { UserId: user, Username: user, Status: 'Success' }
      simulator.publish(channel, { ...person, LoginType: 'Application' })
    }
  }

  async function findings(): Promise<readonly { is_alert: boolean; message: string }[]> {
    const { log, topics } = installation
    const found: { is_alert: boolean; message: string }[] = []
    for (const { partition, first } of await log.offsets(topics.alerts)) {
      for await (const { value } of log.read({ topic: topics.alerts, partition }, first))
        found.push(JSON.parse(value.toString()))
    }
    return found
  }

  test('tries one out: an experimental detector is recorded, and nobody is notified', async () => {
    const { slack, pagerduty } = installation
    folder.write('overlays/trial.yaml', 'id: burst\nstatus: experimental\n')
    const service = await installation.start()
    await logIn('erin', 5)
    await service.until(async () => (await findings()).length > 0)
    expect(await findings()).toMatchObject([{ is_alert: false, message: expect.stringContaining('erin') }])

    folder.write('overlays/trial.yaml', 'id: burst\nlevel: medium\n')
    await service.logged('level: is what the detector has anyway')
    await logIn('dan', 5)
    await slack.until(() => slack.accepted.some(({ text }) => text.includes('dan')))
    expect(slack.accepted.filter(({ text }) => text.includes('erin'))).toEqual([])
    expect(JSON.stringify(pagerduty.accepted)).not.toContain('erin')
  })

  test('moves a threshold: files are taken over by themselves, and nothing that was counted is lost', async () => {
    const { slack } = installation
    const service = await installation.start()
    await logIn('erin', 3)
    await service.until(async () => (await service.metric('records_processed_total', 'stage="detect"')) >= 3)
    folder.write('overlays/mine.yaml', 'id: burst\nfires: { at_least: 4 }\n')
    await service.logged('detectors reloaded')
    await logIn('erin', 1)
    await slack.until(() => slack.accepted.some(({ text }) => text.includes('erin')))
    expect(service.log()).not.toContain('begins to learn anew')
  })

  test('measures something else: counting starts anew, and the log says so', async () => {
    const { slack } = installation
    const service = await installation.start()
    await logIn('erin', 4)
    await service.until(async () => (await service.metric('records_processed_total', 'stage="detect"')) >= 4)
    folder.write('detectors/burst.yaml', detectorText({ windows: 'windows: [20m]' }))
    await service.logged('it begins to learn anew')
    await logIn('erin', 4)
    await logIn('dan', 5)
    await slack.until(() => slack.accepted.some(({ text }) => text.includes('dan')))
    expect(slack.accepted.filter(({ text }) => text.includes('erin'))).toEqual([])
  })
})

import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const config = `
orgs:
  - name: acme
    login_url: https://acme.my.salesforce.com
    auth: { flow: client_credentials, client_id: app, client_secret: not-printed }
embedded: { directory: ./data }
`
const event = { channel: '/event/LoginEventStream', data: { payload: { Username: 'ada\u001b[31m' } } }

describe('log read', () => {
  const folder = temporaryFolder()
  const file = folder.write('forcewatch.yaml', config)
  const read = (...args: string[]) => runForcewatch(['log', 'read', ...args, '--config', file])

  beforeAll(async () => {
    const log = createEmbeddedLog({
      file: join(folder.path, 'data/log.db'),
      clock: systemClock,
      logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
    })
    await log.createTopics([{ name: 'forcewatch.events', partitions: 1 }])
    await log.append('forcewatch.events', [
      { key: 'org-1', value: JSON.stringify(event), headers: { org: 'acme', origin: 'stream' } },
      { key: 'org-1', value: 'no JSON, not-printed' },
    ])
    await log.close()
    return () => folder[Symbol.dispose]()
  })

  test('prints a record as an object a line', async () => {
    const { code, stdout, stderr } = await read('events', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [first, second, ...rest] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first).toEqual({
      topic: 'forcewatch.events',
      partition: 0,
      offset: 0,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      key: 'org-1',
      headers: { org: 'acme', origin: 'stream' },
      value: event,
    })
    expect(second).toMatchObject({ offset: 1, value: 'no JSON, <secret>' })
    expect(rest).toEqual([])
  })

  test('starts where it is told, by the name in the log too', async () => {
    const { stdout } = await read('forcewatch.events', '--json', '--from', '1')
    expect(JSON.parse(stdout)).toMatchObject({ offset: 1 })
    expect(await read('events', '--from', '2')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('prints text that no terminal obeys', async () => {
    const { stdout } = await read('events')
    expect(stdout).toContain('forcewatch.events/0 @0')
    expect(stdout).toContain('org=acme')
    expect(stdout).toContain("Username: 'ada\\x1B[31m'")
    expect(stdout).not.toContain('\u001b')
  })

  test('a topic or partition that is not there is wrong usage', async () => {
    expect(await read('nonsense')).toMatchObject({
      code: 2,
      stderr: /there is no topic nonsense in the log\n {2}Use events/,
    })
    expect(await read('events', '--partition', '7')).toMatchObject({ code: 2, stderr: /no partition 7/ })
    expect(await read('events', '--from', '-1')).toMatchObject({ code: 2, stderr: /whole number/ })
  })
})

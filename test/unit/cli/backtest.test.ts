import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { day } from '../../../src/duration.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { historyText, start } from '../backtest/histories.ts'
import { detectorText } from '../detection/detector-file.ts'

const bursts = [
  { day: 0, user: 'u1', logins: 5 },
  { day: 1, user: 'u2', logins: 8 },
  { day: 2, user: 'u3', logins: 3 },
]

/** Detectors of today that fire from five logins on, and a candidate that fires from three on, except for u2. */
function writeDetectors(folder: ReturnType<typeof temporaryFolder>) {
  folder.write('now/burst.yaml', detectorText())
  const exceptions = `exceptions:
  - { match: { user: u2 }, reason: load test, owner: me, expires: 2099-01-01 }
  - { match: { user: u7 }, reason: gone, owner: me, expires: 2099-01-01 }`
  folder.write('then/burst.yaml', detectorText({ fires: 'fires: { at_least: 3 }', exceptions }))
  return ['--detectors', join(folder.path, 'now'), '--candidate', join(folder.path, 'then')]
}

const objects = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('forcewatch backtest', () => {
  it('compares two sets over a file, as text, as JSON and as a page', async () => {
    using folder = temporaryFolder()
    const file = folder.write('events.jsonl', `${historyText(bursts)}no json\n`)
    const args = ['backtest', ...writeDetectors(folder), '--file', file]
    const page = join(folder.path, 'report.html')
    const text = await runForcewatch([...args, '--html', page])
    expect(text).toMatchObject({ code: 0 })
    expect(text.stdout.split('\n').slice(0, 2)).toEqual([
      '3 days, 2026-09-07 to 2026-09-09; 20 events, 1 of them malformed. Both sets start with nothing learned.',
      'Alerts per week: 4.7 now, 4.7 with the candidate. 1 alert appears, 1 disappears.',
    ])
    expect(text.stdout).toMatch(
      /\+ 2026-09-09 12:00 {2}medium {4}u3@example.com: 3 events within 2 s from network/,
    )
    expect(text.stdout).toMatch(
      /- 2026-09-08 12:00 {2}medium {4}u2@example.com: 8 events within 7 s from network/,
    )
    expect(text.stderr).toContain('event 20: the value is not JSON')
    expect(readFileSync(page, 'utf8')).toContain('u3@example.com: 3 events within 2 s from network')
    const lines = objects((await runForcewatch([...args, '--json'])).stdout)
    expect(lines.map(({ kind }) => kind)).toEqual(['summary', 'detector', 'appears', 'disappears', 'hidden'])
    expect(lines[1]).toMatchObject({
      detector: 'burst',
      change: 'changed',
      exceptions: [
        { reason: 'load test', activities: 8, alerts: 1 },
        { reason: 'gone', activities: 0, alerts: 0 },
      ],
    })
  })

  it('tries overlays on the detectors of today', async () => {
    using folder = temporaryFolder()
    const file = folder.write('events.jsonl', historyText(bursts))
    folder.write('now/burst.yaml', detectorText())
    folder.write('own/mine.yaml', 'id: burst\nfires: { at_least: 7 }\n')
    const args = ['--detectors', join(folder.path, 'now'), '--candidate-overlays', join(folder.path, 'own')]
    const { stdout } = await runForcewatch(['backtest', ...args, '--file', file, '--json'])
    expect(objects(stdout)[0]).toMatchObject({ current: { alerts: 2 }, candidate: { alerts: 1 } })
  })

  it('misses what an analyst has judged a true positive, and is told so', async () => {
    using folder = temporaryFolder()
    const payload = {
      EventDate: new Date(start + 2 * day).toISOString(),
      VerdictId: 'verdict-1',
      AlertId: 'a'.repeat(32),
      Episodes: [],
      Detector: 'burst',
      EntityType: 'user',
      EntityId: 'u2',
      Verdict: 'true_positive',
    }
    const verdict = { channel: '/forcewatch/verdict', data: { schema: 's', payload, event: {} } }
    const file = folder.write('events.jsonl', `${historyText(bursts)}${JSON.stringify(verdict)}\n`)
    const { stdout } = await runForcewatch(['backtest', ...writeDetectors(folder), '--file', file])
    expect(stdout).toContain('1 verdict is lost, of 1 true positive')
    expect(stdout).toMatch(
      /! burst: u2.*, judged a true positive 2026-09-09 00:00; today: u2@example.com: 8 events/,
    )
  })

  it("reads the org's own log, as far back as it is told", async () => {
    using folder = temporaryFolder()
    const config = folder.write(
      'forcewatch.yaml',
      JSON.stringify({
        orgs: [
          {
            name: 'acme',
            login_url: 'https://acme.my.salesforce.com',
            auth: { flow: 'client_credentials', client_id: 'id', client_secret: 'long-secret' },
          },
        ],
        embedded: { directory: folder.path },
      }),
    )
    const clock = createManualClock(Date.now() - 40 * day)
    const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
    const log = createEmbeddedLog({ file: join(folder.path, 'log.db'), clock, logger })
    await log.createTopics([{ name: 'forcewatch.events', partitions: 2 }])
    const lines = historyText(bursts).trim().split('\n')
    for (const [index, line] of lines.entries()) {
      // The first day's events were appended forty days ago, the others today.
      if (index === 6) clock.advance(40 * day)
      const record = { key: '00Dxx0000000000EAA', value: line, headers: { org: 'acme', origin: 'stream' } }
      await log.append('forcewatch.events', [record])
    }
    await log.close()
    const args = ['backtest', ...writeDetectors(folder), '--config', config, '--json']
    const recent = objects((await runForcewatch(args)).stdout)
    expect(recent[0]).toMatchObject({ events: 13, from: new Date(start + day).toISOString() })
    const whole = objects((await runForcewatch([...args, '--from', '60d'])).stdout)
    expect(whole[0]).toMatchObject({ events: 19, current: { alerts: 2 }, candidate: { alerts: 2 } })
  })

  it('refuses a candidate that is not in order before it reads anything, and warns of what is not meant', async () => {
    using folder = temporaryFolder()
    const empty = folder.write('events.jsonl', '')
    folder.write('now/burst.yaml', detectorText())
    const own = folder.write('own/mine.yaml', 'id: burst\nlevel: hihg\n')
    const overlays = join(folder.path, 'own')
    const args = ['--detectors', join(folder.path, 'now'), '--candidate-overlays', overlays]
    const run = (...more: readonly string[]) => runForcewatch(['backtest', ...args, ...more])
    const refused = await run('--file', '/nowhere')
    expect(refused.code).toBe(78)
    expect(refused.stderr).toMatch(
      /^forcewatch: the detectors have one problem:\n\S+mine\.yaml:2:8 level: must be .* did you mean high\?\n {2}Mend/,
    )
    folder.write('own/mine.yaml', 'id: brst\nfires: { at_least: 7 }\n')
    const warned = await run('--file', empty)
    expect(warned.code).toBe(2)
    expect(warned.stderr).toContain(
      `${own}:1:5 id: there is no detector brst — did you mean burst? (warning)\n`,
    )
    expect(warned.stderr).toContain('there is no event in the history')
    const unwritable = await run('--file', '/nowhere', '--html', join(folder.path, 'no/such/report.html'))
    expect(unwritable).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot write') })
    const broken = folder.write('broken.jsonl', 'no json\n')
    expect((await run('--file', broken)).stderr).toContain(
      'no event in the history; event 1: the value is not JSON',
    )
  })

  it.each([
    [['--file', '-'], 'there is nothing to compare with'],
    [['--candidate', 'x', '--file', '-', '--from', '3d'], '--from says how far back in the log'],
    [['--candidate', '/nowhere', '--file', '/nowhere'], 'cannot read /nowhere'],
  ])('says what is missing: %s', async (args, message) => {
    const { code, stderr } = await runForcewatch(['backtest', ...args])
    expect(code).toBeGreaterThan(0)
    expect(stderr).toContain(message)
  })
})

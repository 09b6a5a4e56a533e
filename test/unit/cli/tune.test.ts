import { describe, expect, it } from 'vitest'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { historyText } from '../backtest/histories.ts'
import { detectorText } from '../detection/detector-file.ts'

const bursts = [
  { day: 0, user: 'u1', logins: 9 },
  { day: 1, user: 'u2', logins: 25 },
  { day: 2, user: 'u3', logins: 60 },
]

describe('forcewatch tune', () => {
  it('proposes the threshold that gives so many alerts, as an overlay to paste', async () => {
    using folder = temporaryFolder()
    folder.write('detectors/burst.yaml', detectorText())
    const file = folder.write('events.jsonl', historyText(bursts))
    const args = [
      'tune',
      'burst',
      '--budget',
      '1/day',
      '--detectors',
      `${folder.path}/detectors`,
      '--file',
      file,
    ]
    const { code, stdout } = await runForcewatch(args.with(3, '5/week'))
    expect(code).toBe(0)
    // Two of the bursts in three days are 4.7 a week.
    expect(stdout).toContain('For 5/week, at_least 10 brings 4.7 a week. As an overlay:')
    expect(stdout).toContain('\n  id: burst\n  fires: { at_least: 10 }\n')
    expect(stdout).toMatch(/2026-09-08 12:00 {2}medium {4}u2@example.com: 25 events/)
    const lines = (await runForcewatch([...args, '--json'])).stdout.trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      kind: 'proposal',
      outcome: 'as it is',
      per_week: 7,
    })
  })

  it.each([
    [['brst', '--budget', '1/day'], 'there is no detector brst'],
    [['burst', '--budget', 'often'], 'It must be a number in a time'],
  ])('says what is wrong: %s', async (args, message) => {
    using folder = temporaryFolder()
    folder.write('burst.yaml', detectorText())
    const { code, stderr } = await runForcewatch(['tune', ...args, '--detectors', folder.path, '--file', '-'])
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

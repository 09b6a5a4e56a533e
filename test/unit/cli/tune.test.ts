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
    folder.write('detectors/burst.yaml', detectorText({ fires: 'fires: { at_least: 5, always_above: 20 }' }))
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
    const { code, stdout } = await runForcewatch(args)
    expect(code).toBe(0)
    expect(stdout).toContain('Leave it as it is: 7 a week, no more than 7/week.')
    expect(stdout).toMatch(/\n *AT LEAST {2}ALERTS/)
    const strict = await runForcewatch(args.with(3, '1/month'))
    expect(strict.stdout).toContain('For 0.233/week, at_least 70 brings 0 a week. As an overlay:')
    expect(strict.stdout).toContain('\n  id: burst\n  fires: { at_least: 70 }\n')
    expect(strict.stdout).toContain(
      'Ceilings rise with it:\n  fires.always_above of the shipped file rises from 20 to 70',
    )
    const lines = (await runForcewatch([...args.with(3, '1/week'), '--json'])).stdout.trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      kind: 'proposal',
      outcome: 'fits',
      per_week: 0,
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

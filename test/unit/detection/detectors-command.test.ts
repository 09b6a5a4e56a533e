import { describe, expect, it } from 'vitest'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { detectorText } from './detector-file.ts'

function run(folder: string, command: string, ...options: readonly string[]) {
  return runForcewatch(['detectors', command, '--detectors', folder, ...options])
}

describe('forcewatch detectors', () => {
  it('check: says that everything is in order, with 0', async () => {
    using folder = temporaryFolder()
    folder.write('burst.yaml', detectorText())
    expect(await run(folder.path, 'check')).toMatchObject({
      code: 0,
      stdout: `${folder.path}: 1 detector, no problem\n`,
    })
  })

  it('check: names every problem with its place, with 1', async () => {
    using folder = temporaryFolder()
    const file = folder.write('burst.yaml', detectorText({ level: 'level: hihg', entity: 'entity: usr' }))
    const { code, stdout } = await run(folder.path, 'check')
    expect(code).toBe(1)
    expect(stdout.split('\n')).toEqual([
      `${file}:3:8 level: must be informational, low, medium, high or critical — did you mean high?`,
      `${file}:6:9 entity: unknown field usr — did you mean user?`,
      '2 problems',
      '',
    ])
    const lines = (await run(folder.path, 'check', '--json')).stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { file, line: 3, column: 8, path: 'level' },
      { file, line: 6, column: 9, path: 'entity' },
      { ok: false, problems: 2 },
    ])
  })

  it('check: a directory that is not there is a configuration error', async () => {
    const { code, stderr } = await runForcewatch(['detectors', 'check', '--detectors', '/nowhere'])
    expect(code).toBe(78)
    expect(stderr).toContain('cannot read /nowhere')
  })

  it('test: prints each test, with 0 when all pass and 1 when one fails', async () => {
    using folder = temporaryFolder()
    folder.write('burst.yaml', detectorText())
    const passing = await run(folder.path, 'test')
    expect(passing).toMatchObject({ code: 0 })
    expect(passing.stdout).toMatch(
      /^burst\n {2}ok {3}four logins stay quiet\n {2}ok {3}five logins fire\n2 tests passed, 0 failed\n$/,
    )
    folder.write('burst.yaml', detectorText({ fires: 'fires: { at_least: 6 }' }))
    const failing = await run(folder.path, 'test', '--json')
    expect(failing.code).toBe(1)
    expect(
      failing.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { detector: 'burst', kind: 'passed', name: 'four logins stay quiet' },
      { detector: 'burst', kind: 'failed', name: 'five logins fire', reasons: ['u1 did not fire'] },
    ])
  })

  it('check, test and list: take overlays into account', async () => {
    using folder = temporaryFolder()
    folder.write('burst.yaml', detectorText())
    const own = folder.write('own/mine.yaml', 'id: burst\nlevel: medium\nfires: { at_least: 6 }\n')
    const overlays = ['--overlays', `${folder.path}/own`]
    expect((await run(folder.path, 'check', ...overlays)).stdout.split('\n')).toEqual([
      `${own}:2:8 level: is what the detector has anyway — leave it out (warning)`,
      `${folder.path}: 1 detector, no problem, 1 warning`,
      '',
    ])
    const tested = await run(folder.path, 'test', ...overlays)
    expect(tested).toMatchObject({ code: 0 })
    expect(tested.stdout).toContain('now  five logins fire\n       u1 did not fire\n2 tests passed')
    const listed = JSON.parse((await run(folder.path, 'list', '--json', ...overlays)).stdout)
    expect(listed).toMatchObject({ id: 'burst', at_least: 6, overlaid: true })
  })

  it('list: tells of the budgets and floors of overrides', async () => {
    using folder = temporaryFolder()
    const overrides = 'overrides: [{ match: { user: u1 }, fires: { budget: 1/day, at_least: 9 } }]'
    folder.write('burst.yaml', detectorText({ overrides, baseline: 'baseline: { model: counts }' }))
    const { stdout } = await run(folder.path, 'list')
    expect(stdout).toMatch(/ {2}1\/week \(7\/week\) {2}5 \(9\) {2,}Many logins\nIn brackets: what overrides/)
    const listed = JSON.parse((await run(folder.path, 'list', '--json')).stdout)
    expect(listed).toMatchObject({ other_budgets: ['7/week'], other_floors: [9] })
  })

  it('list: one line a detector', async () => {
    using folder = temporaryFolder()
    folder.write('burst.yaml', detectorText())
    const { stdout } = await run(folder.path, 'list')
    expect(stdout.split('\n')[1]?.split(/ {2,}/)).toEqual([
      'burst',
      'medium',
      'stable',
      'user',
      'count',
      'none',
      '10m',
      '5',
      'Many logins',
    ])
    expect(JSON.parse((await run(folder.path, 'list', '--json')).stdout)).toMatchObject({
      id: 'burst',
      windows: ['10m'],
    })
  })
})

import { describe, expect, test } from 'vitest'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('usage', () => {
  test('--help and --version go to standard output and end well', async () => {
    expect(await runForcewatch(['--help'])).toMatchObject({
      code: 0,
      stdout: /Usage: forcewatch/,
      stderr: '',
    })
    expect(await runForcewatch(['--version'])).toMatchObject({ code: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
  })

  test.each([
    ['an unknown command', ['bogus'], /unknown command 'bogus'/],
    ['an unknown option', ['config', 'check', '--nope'], /unknown option '--nope'/],
    ['no command', [], /Usage: forcewatch/],
  ])('%s is wrong usage', async (_name, args, stderr) => {
    expect(await runForcewatch(args)).toMatchObject({ code: 2, stdout: '', stderr })
  })
})

describe('config check', () => {
  const org = `{ name: acme, login_url: https://acme.my.salesforce.com, auth: { flow: client_credentials, client_id: a, client_secret: "\${S}" } }`

  test('a good file is summed up', async () => {
    using folder = temporaryFolder()
    const file = folder.write('forcewatch.yaml', `orgs: [${org}]`)
    const run = await runForcewatch(['config', 'check', '--config', file], { S: 'secret-value' })
    expect(run).toEqual({
      code: 0,
      stdout: `${file} is fine: 1 org, 1 receiver, 1 route, log embedded, store embedded\n`,
      stderr: '',
    })
  })

  test('a bad one is listed and ends with 1, as objects with --json', async () => {
    using folder = temporaryFolder()
    const file = folder.write('forcewatch.yaml', `orgs: [${org}]\nlogg: kafka\n`)
    const run = await runForcewatch(['config', 'check', '--json', '--config', file], { S: 'secret-value' })
    expect(run.code).toBe(1)
    expect(
      run.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { file, line: 2, column: 1, path: 'logg', message: 'unknown key — did you mean log?' },
      { file, ok: false, problems: 1 },
    ])
  })

  test('a missing one says what to do and ends with 78', async () => {
    const run = await runForcewatch(['config', 'check', '--config', '/nonexistent.yaml'])
    expect(run).toEqual({
      code: 78,
      stdout: '',
      stderr:
        'forcewatch: cannot read /nonexistent.yaml: ENOENT: no such file or directory\n' +
        '  Name the file with --config, or copy forcewatch.example.yaml to forcewatch.yaml and fill it in.\n',
    })
  })
})

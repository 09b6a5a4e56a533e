import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { ReconcileState, reconcileScope } from '../../../src/salesforce/reconcile/reconcile-state.ts'
import { ingestScope, ReplayState } from '../../../src/salesforce/replay-state.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const noon = Date.UTC(2026, 10, 20, 12)

test('the report of gaps tells which are open and what has been filled in', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'forcewatch.yaml')
  writeFileSync(
    file,
    `orgs:
  - name: acme
    login_url: https://acme.my.salesforce.com
    auth: { flow: client_credentials, client_id: a, client_secret: secret-of-the-test }
embedded: { directory: ${folder.path} }
`,
  )
  const run = (...args: string[]) => runForcewatch(['report', 'gaps', '--config', file, ...args])
  expect((await run()).stdout).toBe('No gap is on record.\n')

  const store = createEmbeddedStore({ file: join(folder.path, 'store.db'), clock: systemClock })
  const lease = { owner: 'test', ttl: 60_000, mode: 'steal' } as const
  const replay = await ReplayState.load((await store.acquire(ingestScope('acme'), lease))!)
  await replay.recordGap('/event/LoginEventStream', 'too old', noon)
  await replay.recordGap('/event/ReportEventStream', 'reset', noon + 3_600_000)
  const [first] = replay.gaps.keys()
  const state = await ReconcileState.load((await store.acquire(reconcileScope('acme'), lease))!)
  const closing = { at: new Date(noon + 60_000).toISOString(), found: 7, injected: 7 }
  await state.advance('LoginEvent', noon, new Map([[first!, closing]]))

  const text = await run()
  expect(text.code).toBe(0)
  expect(text.stdout.split('\n').slice(0, 3)).toEqual([
    'org   channel            from (UTC)  to (UTC)          storage                                          why',
    'acme  ReportEventStream  –           2026-11-20 13:00  open                                             reset',
    'acme  LoginEventStream   –           2026-11-20 12:00  closed 2026-11-20 12:01: 7 missing, 7 filled in  too old',
  ])
  const [open, closed] = (await run('--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(open).toEqual({
    org: 'acme',
    channel: '/event/ReportEventStream',
    to: expect.any(String),
    reason: 'reset',
  })
  expect(closed).toMatchObject({ channel: '/event/LoginEventStream', closed: closing })
  expect(await run('--org', 'other')).toMatchObject({ code: 2 })
  await store.close()
})

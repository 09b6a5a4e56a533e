import { beforeAll, describe, expect, test } from 'vitest'
import { type CrashPoint, crashPoints } from './crash-points.ts'
import { lastBurst, lastUser, loginEvents } from './login-events.ts'
import { type Backend, type Outcome, watchOrg } from './watched-org.ts'

/** A run takes 20 s on an idle machine; what it waits for has limits of its own. */
const timeout = 180_000

/**
 * Kills the service at every row of the guarantee's table and compares what is left, after a restart, with an
 * uninterrupted run over the same events.
 */
export function describeRecovery(
  name: string,
  makeBackend: () => Promise<Backend>,
  { severalProcesses }: { readonly severalProcesses: boolean },
): void {
  describe(`after kill -9, on ${name}`, () => {
    let reference: Outcome

    beforeAll(async () => {
      reference = await run(await makeBackend())
    }, timeout)

    test('the uninterrupted run finds what there is to find', () => {
      expect(reference.events).toHaveLength(loginEvents().length)
      expect(Object.keys(reference.detections).length).toBeGreaterThanOrEqual(4)
      expect(new Set(reference.slack).size).toBe(reference.slack.length)
    })

    for (const [crash, meaning] of Object.entries(crashPoints)) {
      test(
        `when ${meaning}: nothing is lost and nothing counts twice`,
        async () => {
          const { slack, pagerduty, ...recovered } = await run(await makeBackend(), crash as CrashPoint)
          const { slack: slackBefore, pagerduty: pagerdutyBefore, ...uninterrupted } = reference
          expect(recovered).toEqual(uninterrupted)
          expect(new Set(pagerduty)).toEqual(new Set(pagerdutyBefore))
          expect(new Set(slack)).toEqual(new Set(slackBefore))
          // A kill at any other point may by chance come between an acceptance and its recording as well: one is under way.
          const repeated = slack.length - slackBefore.length
          expect(repeated).toBeLessThanOrEqual(1)
          if (crash === 'after-acceptance') expect(repeated).toBe(1)
        },
        timeout,
      )
    }

    test.runIf(severalProcesses)(
      'when an owner wakes up from a long pause and another has taken over: it writes nothing',
      async () => expect(await runWithTwoOwners(await makeBackend())).toEqual(reference),
      timeout,
    )
  })
}

async function run(backend: Backend, crash?: CrashPoint): Promise<Outcome> {
  const events = loginEvents()
  const org = await watchOrg(backend)
  try {
    let service = await org.start(crash)
    await service.ready()
    org.publish(events.slice(0, -lastBurst))
    if (crash) {
      expect(await service.ended).toEqual({ code: null, signal: 'SIGKILL' })
      service = await org.start()
      await service.ready()
    }
    org.publish(events.slice(-lastBurst))
    await org.notifiedAbout(lastUser)
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    return await org.outcome()
  } finally {
    await org.close()
  }
}

/** The first owner is stopped in the middle (SIGSTOP) until the second has done everything; then it goes on (SIGCONT). */
async function runWithTwoOwners(backend: Backend): Promise<Outcome> {
  const events = loginEvents()
  const org = await watchOrg(backend)
  try {
    const paused = await org.start()
    await paused.ready()
    org.publish(events.slice(0, 1000))
    await paused.logged('is ours')
    paused.signal('SIGSTOP')
    org.publish(events.slice(1000, -lastBurst))
    const successor = await org.start()
    await successor.ready()
    await successor.logged('is ours')
    org.publish(events.slice(-lastBurst))
    await org.notifiedAbout(lastUser)
    paused.signal('SIGCONT')
    await paused.logged('another owner')
    await paused.stop()
    await successor.stop()
    return await org.outcome()
  } finally {
    await org.close()
  }
}

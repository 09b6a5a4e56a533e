import { describe, expect, it } from 'vitest'
import { applyVerdict } from '../../../src/alerting/lifecycle.ts'
import { toOcsf } from '../../../src/alerting/ocsf.ts'
import { createManualClock } from '../../../src/clock.ts'
import { type Verdict, verdictWords } from '../../../src/detection/detection.ts'
import { day, hour, minute } from '../../../src/duration.ts'
import { createFakeNotifier, createHarness } from '../../support/alerting-harness.ts'
import { makeAlert, makeDetection, org, startTime } from '../../support/make-detection.ts'
import { ocsfProblems } from '../../support/ocsf-problems.ts'

const verdict: Verdict = {
  kind: 'verdict',
  id: 'v1',
  org,
  alert: makeAlert().id,
  detector: 'bulk-export',
  entity: { type: 'user', id: '005xx000001SvcAAA' },
  episodes: ['episode-1'],
  word: 'expected',
  time: startTime + hour,
  by: 'ann',
  note: 'yearly archive',
}

describe('a verdict about an alert', () => {
  it('is kept with who, when and why, and is in its history', () => {
    const change = applyVerdict(makeAlert(), verdict)
    const { id, word, time, by, note } = verdict
    expect(change).toMatchObject({ event: 'judged', alert: { verdict: { id, word, time, by, note } } })
    expect(change?.alert.history.at(-1)).toEqual({
      time,
      event: 'judged',
      detail: 'expected by ann: yearly archive',
    })
  })

  it('changes nothing when it comes again or is older than the last', () => {
    const { alert } = applyVerdict(makeAlert(), verdict)!
    expect(applyVerdict(alert, verdict)).toBeNull()
    expect(applyVerdict(alert, { ...verdict, id: 'v0', time: verdict.time - 1 })).toBeNull()
    expect(applyVerdict(alert, { ...verdict, id: 'v2', word: 'test' })?.alert.verdict?.word).toBe('test')
  })

  it.each(verdictWords)('%s is valid OCSF', (word) => {
    const { alert } = applyVerdict(makeAlert(), { ...verdict, word })!
    const finding = JSON.parse(JSON.stringify(toOcsf(alert, 'Update', verdict.time, { version: '0.1.0' })))
    expect(ocsfProblems(finding)).toEqual([])
    expect(finding).toMatchObject({ verdict_id: expect.any(Number), comment: 'yearly archive' })
  })

  it('tells topic alerts, notifies nobody, and keeps repetitions quiet unless the level rises', async () => {
    const clock = createManualClock(startTime)
    const slack = createFakeNotifier(clock, 'slack')
    const harness = createHarness({ notifiers: [slack], clock })
    harness.process(makeDetection())
    await harness.checkpoint()
    harness.process(verdict)
    harness.process(makeDetection({ sequence: 1, time: startTime + 10 * minute }))
    harness.process(makeDetection({ sequence: 2, time: startTime + day + minute, episode: 'later' }))
    await harness.checkpoint()
    expect(slack.causes()).toEqual(['first', 'resolved'])
    harness.process(
      makeDetection({ sequence: 3, time: startTime + day + 2 * minute, episode: 'later', level: 'critical' }),
    )
    await harness.checkpoint()
    expect(slack.causes()).toEqual(['first', 'resolved', 'repeat'])
    const findings = harness.emitted.map(({ record }) => JSON.parse(record.value.toString()))
    expect(findings[1]).toMatchObject({ activity_name: 'Update', verdict_id: 5, verdict: 'Benign' })
    expect(new Set(findings.map(({ metadata }) => metadata.uid)).size).toBe(findings.length)
    expect(harness.board.list()[0]?.history.map(({ event }) => event)).toContain('judged')
  })
})

import { describe, expect, it } from 'vitest'
import { toAttacks } from '../../../src/alerting/attack-tags.ts'
import { type AlertChange, applyDetection, applyTime } from '../../../src/alerting/lifecycle.ts'
import { activityOf, type OcsfActivity, toOcsf } from '../../../src/alerting/ocsf.ts'
import { hour } from '../../../src/duration.ts'
import {
  detector,
  makeAlert,
  makeDetection,
  makeHostileDetection,
  seededRandom,
  startTime,
} from '../../support/make-detection.ts'
import { ocsfProblems } from '../../support/ocsf-problems.ts'

const options = { version: '0.1.0' }

function findingOf(change: AlertChange) {
  const finding = toOcsf(change.alert, activityOf(change) as OcsfActivity, change.time, options)
  return JSON.parse(JSON.stringify(finding))
}

function expectValid(finding: unknown): void {
  expect(ocsfProblems(finding)).toEqual([])
}

describe('an alert as OCSF Detection Finding', () => {
  it('says who, what and how much', () => {
    const finding = findingOf(applyDetection(undefined, makeDetection())[0]!)
    expectValid(finding)
    expect(finding).toMatchObject({
      class_uid: 2004,
      type_uid: 200401,
      activity_name: 'Create',
      time: startTime,
      severity_id: 4,
      severity: 'High',
      status_id: 1,
      is_alert: true,
      metadata: {
        version: '1.8.0',
        product: { name: 'Forcewatch', version: '0.1.0' },
        tenant_uid: '00Dxx0000001gPLEAY',
      },
      finding_info: {
        uid: makeAlert().id,
        analytic: { uid: 'bulk-export', type_id: 3, algorithm: 'amounts' },
        attacks: [
          { tactic: { uid: 'TA0010', name: 'Exfiltration' } },
          { technique: { uid: 'T1213' }, sub_technique: { uid: 'T1213.004' } },
        ],
      },
      anomaly_analyses: [
        {
          analysis_targets: [{ name: 'jane@acme.example', type: 'user' }],
          anomalies: [{ observation_parameter: 'sum(rows)', observations: [{ value: '850000' }] }],
          baselines: [
            { observations: [{ value: '750' }] },
            { observations: [{ value: '0' }, { value: '1500' }] },
          ],
        },
      ],
      evidences: [
        {
          actor: {
            user: { uid: '005xx000001SvcAAA', name: 'jane@acme.example', full_name: 'Jane Doe' },
            app_name: 'Data Loader',
          },
          src_endpoint: { ip: '203.0.113.7' },
        },
      ],
      unmapped: {
        explanation: { New: 'first seen for this user: network, client' },
        statistics: { peers: 'user, Standard' },
      },
    })
  })

  it('is created, updated when the level rises or it reopens, and closed; other detections say nothing', () => {
    const alert = makeAlert()
    const at = (minutes: number) => startTime + minutes * 60_000
    const rise = applyDetection(alert, makeDetection({ sequence: 1, level: 'critical', time: at(1) }))[0]!
    const update = applyDetection(alert, makeDetection({ sequence: 1, time: at(1) }))[0]!
    const close = applyTime(alert, at(60))!
    const reopen = applyDetection(close.alert, makeDetection({ sequence: 1, time: at(90) }))[0]!
    expect([rise, update, close, reopen].map(activityOf)).toEqual(['Update', null, 'Close', 'Update'])
    for (const change of [rise, close, reopen]) expectValid(findingOf(change))
    expect(findingOf(rise)).toMatchObject({ type_uid: 200402, severity_id: 5, status: 'New' })
    expect(findingOf(close)).toMatchObject({
      type_uid: 200403,
      status_id: 4,
      status: 'Resolved',
      time: at(60),
    })
    const uids = [close, reopen].map((change) => findingOf(change).metadata.uid)
    expect(new Set(uids).size).toBe(2)
  })

  it('is no alert while the detector is experimental or the event is history', () => {
    const trial = findingOf(
      applyDetection(undefined, makeDetection({ detector: { ...detector, status: 'experimental' } }))[0]!,
    )
    expect(trial).toMatchObject({ is_alert: false, finding_info: { analytic: { state_id: 3 } } })
    expect(findingOf(applyDetection(undefined, makeDetection({ backfill: true }))[0]!).is_alert).toBe(false)
  })

  it('is valid whatever texts and numbers the detections hold', () => {
    const random = seededRandom(1)
    for (let i = 0; i < 300; i++) {
      const detection = makeHostileDetection(random)
      const [opened] = applyDetection(undefined, detection)
      expectValid(findingOf(opened!))
      expectValid(findingOf(applyTime(opened!.alert, detection.time + 2 * hour)!))
    }
  })

  it('leaves out tags that are no ATT&CK tactic or technique', () => {
    expect(
      toAttacks(['cve.2024', 'attack.', 'attack.t12', 'attack.constructor', 'attack.lateral_movement']),
    ).toEqual([{ tactic: { uid: 'TA0008', name: 'Lateral Movement' } }])
  })
})

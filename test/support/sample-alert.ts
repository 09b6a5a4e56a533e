import type { Alert } from '../../src/alerting/alert.ts'
import type { Detection } from '../../src/detection/detection.ts'
import { day, hour, minute } from '../../src/duration.ts'

/** An alert with everything in it, for tests of what shows or sends alerts. */
export function sampleAlert(change: Partial<Alert> = {}, peakChange: Partial<Detection> = {}): Alert {
  const peak = { ...sampleDetection(), ...peakChange }
  const { time } = peak
  return {
    id: 'a1b2c3',
    status: 'open',
    level: peak.level,
    openedAt: time - 12 * minute,
    lastSeenAt: time,
    count: 3,
    peak,
    latest: peak,
    history: [
      { time: time - 12 * minute, event: 'opened', detail: 'level high' },
      { time: time - 12 * minute, event: 'notified', detail: 'first: soc-slack, pagerduty' },
      { time: time - 11 * minute, event: 'delivered', detail: 'soc-slack' },
      { time, event: 'level-rose', detail: 'high → critical' },
    ],
    ...change,
  }
}

function sampleDetection(): Detection {
  const time = Date.UTC(2026, 2, 3, 14, 17, 2)
  return {
    kind: 'detection',
    id: 'd0',
    episode: 'e0',
    sequence: 2,
    org: { id: '00D000000000001EAA', name: 'acme' },
    detector: {
      id: 'bulk-export',
      title: 'Unusual number of records leaving through API, Bulk, reports and list views',
      description:
        'A user reads or exports far more records than this user and their peers ever do at this hour.',
      tags: ['attack.exfiltration'],
      falsepositives: ['Full re-sync of an ETL tool', 'migration weekend'],
      runbook:
        '1. Ask the user, by phone, whether the export is theirs.\n2. If not: freeze the user, revoke the tokens of the app.\n3. List what was read: forcewatch log read events.',
      status: 'stable',
      set: 'f00',
      repeat: day,
      keepOpen: hour,
    },
    entity: { type: 'user', id: '005000000000001AAA', name: 'ada@acme.example' },
    level: 'critical',
    time,
    window: { length: hour, start: time - 20 * minute, end: time + 40 * minute },
    measure: { expression: 'sum(rows)', unit: 'records' },
    observed: 412_000,
    statistics: {
      model: 'amounts',
      expected: 310,
      low: 40,
      high: 1_500,
      ratio: 1_329,
      log10pModel: -14,
      log10p: -11,
      onceIn: 900 * 365 * day,
      threshold: 1e-7,
      history: 41 * day,
      peerWeight: 0.12,
      peers: 'user, Standard',
      hourFactor: 1.7,
      parameters: { location: 5.7, scale: 1.1, df: 12 },
    },
    reason: 'threshold',
    summary: 'ada@acme.example read 412,000 records in 1 h; usual 40–1,500',
    trigger: {
      id: '6f2c1c62-0b7e-4a5c-9a3e-0d6a4b1f2c11',
      type: 'ApiEventStream',
      time,
      fields: { SourceIp: '203.0.113.44', Client: 'Data Loader', QueriedEntities: 'Contact' },
    },
    samples: ['6f2c1c62-0b7e-4a5c-9a3e-0d6a4b1f2c11', '0e9b0c37-6d55-4f0e-8a53-3a4a5c8de0f2'],
    contributors: [
      { field: 'object', value: 'Contact', share: 0.91 },
      { field: 'object', value: 'Case', share: 0.06 },
      { field: 'network', value: '203.0.113.0/24', share: 0.97 },
    ],
    backfill: false,
  }
}

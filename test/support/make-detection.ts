import type { Alert } from '../../src/alerting/alert.ts'
import { applyDetection } from '../../src/alerting/lifecycle.ts'
import { type Detection, type DetectorRef, levels } from '../../src/detection/detection.ts'
import { hour, minute } from '../../src/duration.ts'

/** Event time of detections that say nothing else: 2026-11-24 13:05 UTC. */
export const startTime = Date.UTC(2026, 10, 24, 13, 5)

export const org = { id: '00Dxx0000001gPLEAY', name: 'acme' } as const

export const detector: DetectorRef = {
  id: 'bulk-export',
  title: 'Unusual number of records leaving',
  description: 'A user reads far more records than this user and their peers ever do.',
  tags: ['attack.exfiltration', 'attack.t1213.004'],
  falsepositives: ['Full re-sync of an ETL tool'],
  runbook: '1. Ask the user.\n2. Look at the application.\n3. Revoke the session.',
  status: 'stable',
  set: 'set-1',
  repeat: 24 * hour,
  keepOpen: hour,
}

/** A valid detection; `overrides` replaces its parts. Equal episode and sequence give an equal id. */
export function makeDetection(overrides: Partial<Detection> = {}): Detection {
  const time = overrides.time ?? startTime
  const episode = overrides.episode ?? 'episode-1'
  const sequence = overrides.sequence ?? 0
  return {
    kind: 'detection',
    id: `${episode}-${sequence}`,
    episode,
    sequence,
    org,
    detector,
    entity: { type: 'user', id: '005xx000001SvcAAA', name: 'jane@acme.example' },
    level: 'high',
    time,
    window: { length: hour, start: time - hour, end: time },
    measure: { expression: 'sum(rows)', unit: 'records' },
    observed: 850_000,
    span: { since: time - 22 * minute, until: time },
    statistics: {
      model: 'amounts',
      expected: 750,
      low: 0,
      high: 1500,
      ratio: 1133.3,
      log10pModel: -21,
      log10p: -14.5,
      onceIn: 3e16,
      threshold: 1e-7,
      history: 14 * 24 * hour,
      peerWeight: 0.1,
      peers: 'user, Standard',
      hourFactor: 1.4,
      parameters: { location: 6.2, scale: 1.1, df: 9 },
    },
    reason: 'threshold',
    summary: 'jane@acme.example read 850,000 records in 1h; usual 0–1,500',
    explanation: [
      { label: 'New', value: 'first seen for this user: network, client' },
      {
        label: 'By chance',
        value: 'about once in more than 1,000 years across the 4,812 users watched for it (p < 1e-12)',
      },
      { label: 'Baseline', value: '14 days of its own (90 %), 10 % from its 57 peers' },
      { label: 'Own largest', value: '1,900 records on a day of the last weeks' },
      {
        label: 'Tuning',
        value:
          'no budget would have kept it quiet (it is 1/week); at_least above 850,000, or an exception would',
      },
    ],
    trigger: {
      id: 'event-1',
      type: 'ApiEventStream',
      time,
      fields: {
        user: '005xx000001SvcAAA',
        username: 'jane@acme.example',
        name: 'Jane Doe',
        profile: 'Sales User',
        ip: '203.0.113.7',
        app: 'Data Loader',
      },
    },
    samples: ['event-0', 'event-1'],
    contributors: [
      { field: 'objects', value: 'Contact', share: 0.62 },
      { field: 'objects', value: 'Account', share: 0.38 },
    ],
    backfill: false,
    ...overrides,
  }
}

/** The alert that a detection opens. */
export function makeAlert(overrides: Partial<Detection> = {}): Alert {
  const [change] = applyDetection(undefined, makeDetection(overrides))
  if (!change) throw new Error('a detection without an alert opens one')
  return change.alert
}

/** Names and texts as an attacker would choose them. */
export const hostileTexts: readonly string[] = [
  '<!channel> <!here> <@U024BE7LH> <#C024BE7LR> <https://evil.example|click me>',
  '@channel @here @everyone @\u200bhere <\u200b!channel\u200b>',
  '*bold* _italic_ ~gone~ `code` ```block``` > quote [text](https://evil.example)',
  '&lt;!channel&gt; &amp; & < >',
  'https://evil.example/path www.evil.example',
  '\u202egnp.exe\u202c \u2066isolated\u2069 שלום عليكم',
  '👩‍👩‍👧‍👦 🏴‍☠️ 💣'.repeat(50),
  '\u0000\u0007\u001b[31mred\u001b[0m\r\n\tnext line',
  '\ud800 lone surrogate \udfff',
  `z${'\u0301\u0302\u0303'.repeat(300)}`,
  'x'.repeat(10_000),
  '&'.repeat(10_000),
  '<'.repeat(9999),
  '💥'.repeat(5000),
  '',
  ' ',
  '\u200b',
]

/** A detection in which every text is one of {@link hostileTexts}; the same for the same `random`. */
export function makeHostileDetection(random: () => number): Detection {
  const text = () => pick(hostileTexts, random)
  const time = Math.floor(startTime + random() * 1e9)
  const withStatistics = random() < 0.7
  const plain = makeDetection()
  return makeDetection({
    org: { ...org, name: text() },
    detector: {
      ...detector,
      title: text(),
      description: text(),
      tags: [...detector.tags, text(), 'attack.constructor', 'attack.T1078'],
      falsepositives: [text(), text()],
      runbook: Array.from({ length: 30 }, text).join('\n'),
      status: random() < 0.5 ? 'stable' : 'experimental',
    },
    entity: { type: random() < 0.5 ? 'user' : text(), id: text(), ...(random() < 0.5 && { name: text() }) },
    level: pick(levels, random),
    time,
    window: { length: hour, start: time - random() * hour, end: time + random() * hour },
    measure: { expression: text(), unit: text() },
    observed: random() * 10 ** (random() * 12),
    statistics: withStatistics
      ? { ...plain.statistics!, ratio: random() < 0.2 ? Infinity : random() * 1e6 }
      : null,
    reason: withStatistics ? 'threshold' : pick(['ceiling', 'event'], random),
    summary: text(),
    explanation: Array.from({ length: 8 }, () => ({ label: text(), value: text() })),
    trigger: {
      id: text(),
      type: text(),
      time,
      fields: {
        ip: random() < 0.5 ? pick(['2001:db8::1', '198.51.100.255', '::ffff:203.0.113.7'], random) : text(),
        ...Object.fromEntries(['user', 'username', 'session', 'app', 'City'].map((name) => [name, text()])),
        ...Object.fromEntries(
          Array.from({ length: Math.floor(random() * 80) }, (_, i) => [`Field${i}__c`, text()]),
        ),
        number: random(),
        flag: true,
      },
    },
    samples: Array.from({ length: 20 }, text),
    contributors: Array.from({ length: 10 }, () => ({ field: text(), value: text(), share: random() })),
    backfill: random() < 0.2,
  })
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)]!
}

import { describe, expect, test } from 'vitest'
import type { Detector } from '../../../../src/detection/definition/detector.ts'
import { formatEntities, formatNews, summarize } from '../../../../src/detection/firing/explain.ts'
import { type Explained, toExplanation } from '../../../../src/detection/firing/explanation.ts'
import { recompute } from '../../../../src/detection/firing/recompute.ts'
import { day, hour, week } from '../../../../src/duration.ts'
import { makeDetection, startTime } from '../../../support/make-detection.ts'
import { makeDetector } from '../statistics-rig.ts'

const detector: Detector = makeDetector({ id: 'api-volume' })
const nothing = { tally: {}, total: 0 }

/** 412 calls where 38 are expected. */
function explained(change: Partial<Explained> = {}): Explained {
  const observed = 412
  const parameters = { mu: 38, phi: 3, a: 80, b: 2, x: 1, r: 3, looks: 4812 * 144, budget: 1 / 7, shares: 1 }
  const window = { length: hour }
  return {
    detector,
    set: '3fa9c0ffee3fa9c0ffee',
    entity: { type: 'user', id: '005xx000001SvcAAA' },
    observed,
    reason: 'threshold',
    statistics: {
      model: 'counts',
      ...recompute({ model: 'counts', parameters }, { observed, window }),
      history: 21.4 * day,
      peerWeight: 0.07,
      peers: 'user, Sales User',
      peerCount: 57,
      entities: 4812,
      largest: 140.4,
      hourFactor: 1.7,
      parameters,
    },
    trigger: makeDetection().trigger,
    joined: [],
    repeated: 0,
    ...change,
  }
}

function lines(change: Partial<Explained> = {}): Record<string, string> {
  return Object.fromEntries(toExplanation(explained(change)).map(({ label, value }) => [label, value]))
}

describe('why a detection fired, in words', () => {
  test('says how rare it is, what the expectation rests on, and what was learned', () => {
    expect(lines()).toEqual({
      'By chance': expect.stringMatching(
        /^about once in .+ across the 4,812 users watched for it \(p = \de-\d+\)$/,
      ),
      Baseline:
        '21 days of its own (93 %), 7 % from its 57 peers (Sales User); this hour of the week usually has 1.7 times the average',
      'Own largest': 'about 140 API calls on a day of the last weeks',
      Learned: 'at most 178 of the 412, and while this goes on no more than the expected 38',
      Tuning: expect.stringMatching(/^no budget would have kept it quiet \(it is 1\/week\)/),
      Detector: 'api-volume, set 3fa9c0ffee3f, entity 005xx000001SvcAAA',
    })
  })

  test('says how much of it the same query had brought before, where that is most of it', () => {
    expect(lines({ repeated: 0.4 })).not.toHaveProperty('Repeated')
    expect(lines({ repeated: 0.9 }).Repeated).toBe(
      'about 90 % by a query that had brought the same before; each counted once, 41 API calls',
    )
  })

  test('says which budget would have kept it quiet', () => {
    const { statistics } = explained()
    const doubtful = { ...statistics!, quietBudget: 0.0213 }
    expect(lines({ statistics: doubtful }).Tuning).toBe(
      'quiet with a budget below 0.021/week (it is 1/week), at_least above 412, or an exception',
    )
  })

  test('rounds that budget down, so that it never reads like the one that there is', () => {
    const { statistics } = explained()
    const parameters = { ...statistics!.parameters, budget: 0.2333 / 7 }
    const doubtful = { ...statistics!, quietBudget: 0.2329, parameters }
    expect(lines({ statistics: doubtful }).Tuning).toMatch(
      /^quiet with a budget below 0\.23\/week \(it is 0\.233\/week\)/,
    )
  })

  describe('where an override has ruled', () => {
    const shipped = { name: 'overrides[2] of the shipped file', isShipped: true, budget: 1 / week }
    const own = { name: 'your override for {user: u1}', isShipped: false, budget: 1 / week }
    const statistics = explained().statistics!
    const parameters = { ...statistics.parameters, budget: 1 }

    test('names the budget of the detector with which the one of a shipped override goes', () => {
      const doubtful = { ...statistics, parameters, quietBudget: 6.35 }
      expect(lines({ statistics: doubtful, ruledBy: { budget: shipped, atLeast: shipped } }).Tuning).toBe(
        'quiet with a budget below 0.9/week (it is 1/week, of which overrides[2] of the shipped file makes 7/week), at_least above 412 in an override with the match of overrides[2] of the shipped file, or an exception',
      )
      expect(
        lines({ statistics: { ...statistics, parameters }, ruledBy: { budget: shipped } }).Tuning,
      ).toMatch(
        /^no budget would have kept it quiet \(it is 1\/week, of which overrides\[2\] of the shipped file makes 7\/week\)/,
      )
    })

    test("names an overlay's own override as the place of its budget", () => {
      const doubtful = { ...statistics, parameters, quietBudget: 6.35 }
      expect(lines({ statistics: doubtful, ruledBy: { budget: own } }).Tuning).toBe(
        'quiet with a budget below 6.3/week in your override for {user: u1} (it is 7/week), at_least above 412, or an exception',
      )
    })

    test('says whose ceiling fired, and where a higher one wins', () => {
      const tuning = (alwaysAbove: typeof own, rest = {}) =>
        lines({ statistics: null, reason: 'ceiling', ruledBy: { alwaysAbove, ...rest } }).Tuning
      expect(tuning(shipped)).toBe(
        'fired by always_above of overrides[2] of the shipped file, whatever the baseline says; quiet with it above 412 in an override with the match of overrides[2] of the shipped file, or an exception',
      )
      expect(tuning(shipped, { atLeast: { ...shipped } })).toContain(
        'quiet with at_least above 412 in an override with the match of overrides[2] of the shipped file, or',
      )
      expect(tuning(own)).toContain('quiet with it above 412 in your override for {user: u1}, or')
    })
  })

  test('the budget that it names is the one at which it stops firing', () => {
    const { statistics, observed } = explained()
    const { quietBudget = 0, parameters } = statistics!
    for (const [factor, fires] of [
      [1.01, true],
      [0.99, false],
    ] as const) {
      const changed = { ...parameters, budget: (quietBudget / 7) * factor }
      const again = recompute(
        { model: 'counts', parameters: changed },
        { observed, window: { length: hour } },
      )
      expect(again.log10p <= Math.log10(again.threshold)).toBe(fires)
    }
  })

  test('says what is new, that the user had been away, and that it is deactivated', () => {
    const fields = { new_network: true, new_client: true, away: 120, active: false }
    const trigger = { id: 'e', type: 'ApiEventStream', time: startTime, fields }
    expect(lines({ trigger }).New).toBe(
      'first seen for this user: network, client; back after 120 days; the user is deactivated',
    )
  })

  test('says whose news it is where the alert is about more than one user', () => {
    const fields = { new_network: true, username: 'jane@acme.example' }
    const trigger = { id: 'e', type: 'LoginEventStream', time: startTime, fields }
    expect(lines({ trigger, entity: { type: 'org', id: 'o' } }).New).toBe(
      'first seen for jane@acme.example of the last event: network',
    )
    expect(lines({ trigger, entity: { type: 'user + app', id: 'u1 + x' } }).New).toMatch(/for this user: /)
  })

  test('says of a new account when it was made and first used, and of rights who gave them', () => {
    const account = { account_made: '2026-06-15 20:00 UTC', account_first_seen: '2026-06-16 08:00 UTC' }
    const rights = { rights_given: '2026-06-15 20:20 UTC', rights_given_by: 'admin@acme.example' }
    const accountLine = (fields: Record<string, string>, change = {}) =>
      lines({ trigger: { id: 'e', type: 'ApiEventStream', time: startTime, fields }, ...change }).Account
    expect(accountLine({ ...account, ...rights })).toBe(
      'made 2026-06-15 20:00 UTC; first seen 2026-06-16 08:00 UTC; received rights to read everything, or to give them, 2026-06-15 20:20 UTC from admin@acme.example',
    )
    expect(accountLine({ account_first_seen: account.account_first_seen })).toBe(
      'first seen 2026-06-16 08:00 UTC',
    )
    const org = { entity: { type: 'org', id: 'o' } }
    expect(accountLine({ ...rights, username: 'jane@acme.example' }, org)).toMatch(
      /from admin@acme\.example; jane@acme\.example of the last event$/,
    )
    expect(accountLine({})).toBeUndefined()
  })

  test('says of news what the sentence says, whatever the event that fired has for the first time', () => {
    const fields = { new_network: true, news: 'country RO and an unknown client' }
    const trigger = { id: 'e', type: 'LoginEventStream', time: startTime, fields }
    expect(lines({ trigger }).New).toBe('first seen for this user: country RO and an unknown client')
  })

  test('names news in the words that people use', () => {
    const of = (name: string, ...values: string[]) => formatNews([{ name, values }])
    expect(of('client', 'unknown')).toBe('an unknown client')
    expect(of('api', 'bulk')).toBe('kind of API bulk')
    expect(of('objects', 'Account')).toBe('object Account')
    expect(of('objects', 'Account', 'Case', 'Lead')).toBe('3 objects (Account, Case, …)')
    expect(of('country', 'DE', 'RO')).toBe('2 countries (DE, RO)')
  })

  test('without statistics says that a limit was passed', () => {
    expect(lines({ statistics: null, reason: 'ceiling' })).toEqual({
      Tuning: 'fired by always_above, whatever the baseline says; quiet with it above 412, or an exception',
      Detector: expect.any(String),
    })
  })

  test('leaves out chance and what is usual for others when a ceiling fired', () => {
    const { statistics } = explained()
    expect(lines({ reason: 'ceiling' })).not.toHaveProperty('By chance')
    const told = {
      ...makeDetection({ observed: 412, reason: 'ceiling' }),
      evidence: nothing,
      detector: { ...detector, alert: { ...detector.alert, summary: null } },
      limit: 100,
    }
    const others = { ...statistics!, peerWeight: 0.9, high: 15_563 }
    expect([statistics!, others].map((known) => summarize({ ...told, statistics: known }))).toEqual([
      expect.stringMatching(
        /^jane@acme.example: 412 API calls within 22 min; usual \d+–\d+ within 1 h, 10.8× the expected 38; 100 API calls or more are always reported$/,
      ),
      'jane@acme.example: 412 API calls within 22 min; 100 API calls or more are always reported',
    ])
  })

  test.each([
    ['by somebody with new rights', 'always reported by somebody with new rights'],
    [undefined, 'always reported in such a case'],
  ])('says of the ceiling of an override in which case it holds: %s', (because, end) => {
    const limitOf = { name: 'overrides[0]', isShipped: true, budget: 1, ...(because && { because }) }
    const alert = { ...detector.alert, summary: null }
    const told = {
      ...makeDetection({ reason: 'ceiling' }),
      evidence: nothing,
      detector: { ...detector, alert },
      limit: 100,
      limitOf,
    }
    expect(summarize(told)).toMatch(new RegExp(`100 API calls or more are ${end}$`))
  })

  test('says of a network or client that the event does not name that it is unknown', () => {
    const alert = { ...detector.alert, summary: 'from {{network}} with {{client}} by {{app}}; {{Scope}}' }
    const trigger = { ...makeDetection().trigger, fields: { client: 'unknown', app: 'Data Loader' } }
    expect(
      summarize({ ...makeDetection({ trigger }), evidence: nothing, detector: { ...detector, alert } }),
    ).toBe('from an unknown network with an unknown client by Data Loader; unknown')
  })

  test('leaves out what no event tells, or only a few of them do', () => {
    const summary =
      '{{observed}} {{unit}} {{within}} {{origin}}, for {{users}}; they come from {{networks}} ({{apps}}); {{expected}}'
    const alert = { ...detector.alert, summary }
    const network = { '198.51.100.0/24': 400 }
    const told = (evidence: Parameters<typeof summarize>[0]['evidence'], observed = 412) =>
      summarize({ ...makeDetection(), observed, evidence, detector: { ...detector, alert } })
    expect(told(nothing)).toBe('412 API calls within 22 min, for; 750')
    expect(told({ tally: { network }, total: 400 })).toBe(
      '412 API calls within 22 min from network 198.51.100.0/24, for; they come from network 198.51.100.0/24; 750',
    )
    expect(told({ tally: { network }, total: 400 }, 900)).toBe('900 API calls within 22 min, for; 750')
    const two = { network: { ...network, '203.0.113.0/24': 12 }, user: { ann: 300, bob: 112 } }
    expect(told({ tally: two, total: 412 })).toMatch(
      /from 2 networks \(198\.51\.100\.0\/24, 203\.0\.113\.0\/24\), for ann and bob; they/,
    )
    expect(told({ tally: two, total: 300 })).toContain('from at least 2 networks')
  })

  test('counts one thing in the singular, and bytes in megabytes', () => {
    const exports = { ...detector.measure, unit: 'report exports', unitOfOne: 'report export' }
    const files = { ...detector.measure, expression: 'sum(bytes)', unit: 'of files' }
    const alert = { ...detector.alert, summary: '{{observed}} {{unit}}' }
    const told = { ...makeDetection(), evidence: nothing, reason: 'ceiling' as const }
    expect([
      summarize({ ...told, detector: { measure: exports, alert }, observed: 1 }),
      summarize({ ...told, detector: { measure: exports, alert }, observed: 3 }),
      summarize({ ...told, detector: { measure: files, alert }, observed: 503_400_000 }),
    ]).toEqual(['1 report export', '3 report exports', '503 MB of files'])
  })

  test('names the entities that chance could have struck', () => {
    expect([
      formatEntities('user', 4812),
      formatEntities('user', 1),
      formatEntities('org', 1),
      formatEntities('app + network', 12),
    ]).toEqual([
      'the 4,812 users watched for it',
      'the one user seen so far',
      'this org',
      'the 12 entities watched for it',
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { type RouteMatch, type RoutingOptions, routeAlert } from '../../../src/alerting/routes.ts'
import { makeAlert } from '../../support/make-detection.ts'

const alert = makeAlert()

function receiversOf(options: RoutingOptions): readonly string[] | string {
  const routing = routeAlert(options, alert)
  return routing.kind === 'routed' ? routing.receivers : routing.reason
}

describe('routes', () => {
  const matches: [RouteMatch, boolean][] = [
    [{}, true],
    [{ level: ['high', 'critical'] }, true],
    [{ level: ['critical'] }, false],
    [{ detector: ['bulk-export'] }, true],
    [{ detector: ['api-volume'] }, false],
    [{ org: ['acme'] }, true],
    [{ org: ['00Dxx0000001gPLEAY'] }, true],
    [{ org: ['other'] }, false],
    [{ entity: ['ip', 'user'] }, true],
    [{ entity: ['ip'] }, false],
    [{ tags: ['attack.exfiltration'] }, true],
    [{ tags: ['attack.discovery'] }, false],
    [{ level: ['high'], org: ['acme'], tags: ['attack.exfiltration'] }, true],
    [{ level: ['high'], org: ['other'] }, false],
  ]
  for (const [match, holds] of matches) {
    it(`${JSON.stringify(match)} ${holds ? 'matches' : 'does not match'}`, () => {
      const result = routeAlert({ routes: [{ match, receivers: ['slack'] }] }, alert)
      expect(result.kind).toBe(holds ? 'routed' : 'unrouted')
    })
  }

  it('all apply that match, each receiver once', () => {
    const routes = [
      { match: { level: ['high' as const] }, receivers: ['slack', 'pagerduty'] },
      { receivers: ['slack', 'archive'] },
    ]
    expect(receiversOf({ routes })).toEqual(['slack', 'pagerduty', 'archive'])
  })

  it('end at one that says stop, if it matches', () => {
    const all = { receivers: ['slack'] }
    expect(receiversOf({ routes: [{ receivers: ['pagerduty'], stop: true }, all] })).toEqual(['pagerduty'])
    const other = { match: { org: ['other'] }, receivers: ['pagerduty'], stop: true }
    expect(receiversOf({ routes: [other, all] })).toEqual(['slack'])
  })

  it('leave what none matches to the fallback', () => {
    const routes = [{ match: { org: ['other'] }, receivers: ['pagerduty'] }]
    expect(receiversOf({ routes, fallback: ['slack'] })).toEqual(['slack'])
    expect(receiversOf({ routes: [{ receivers: ['pagerduty'] }], fallback: ['slack'] })).toEqual([
      'pagerduty',
    ])
  })

  it('say whether it was the level', () => {
    const critical = { match: { level: ['critical' as const] }, receivers: ['pagerduty'] }
    expect(receiversOf({ routes: [critical] })).toBe('below-level')
    expect(receiversOf({ routes: [{ ...critical, match: { ...critical.match, org: ['other'] } }] })).toBe(
      'no-route',
    )
    expect(receiversOf({ routes: [] })).toBe('no-route')
  })
})

import type { PagerDutyEvent } from '../../src/notify/pagerduty/pagerduty-event.ts'
import { createFakeReceiver, type FakeReceiver } from './fake-receiver.ts'

export type PagerDutyRequest = PagerDutyEvent & { readonly routing_key: string }

export const routingKey = '0123456789abcdef0123456789abcdef'

/** PagerDuty's Events API v2: refuses whatever breaks its documented limits. */
export function createFakePagerDuty(): Promise<FakeReceiver<PagerDutyRequest>> {
  return createFakeReceiver<PagerDutyRequest>({
    path: '/v2/enqueue',
    success: { status: 202, body: JSON.stringify({ status: 'success', message: 'Event processed' }) },
    check: checkPagerDutyEvent,
    refuse: (errors) => ({
      status: 400,
      body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors }),
    }),
  })
}

/** What an event breaks of the API's documented form. */
export function checkPagerDutyEvent(event: PagerDutyRequest, raw: string): readonly string[] {
  const problems: string[] = []
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem)
  }
  expect(/^[0-9a-zA-Z]{32}$/.test(event.routing_key), 'routing_key is not of 32 characters')
  expect(Buffer.byteLength(raw) <= 512 * 1024, `larger than 512 KB: ${Buffer.byteLength(raw)}`)
  expect(event.dedup_key.length >= 1 && event.dedup_key.length <= 255, 'dedup_key')
  if (event.event_action === 'resolve') return problems
  expect(event.event_action === 'trigger', `event_action ${event.event_action}`)
  const { summary, source, severity, timestamp, custom_details: details } = event.payload
  expect(summary.length >= 1 && summary.length <= 1024, `summary of ${summary.length} characters`)
  expect(source.length >= 1, 'source is empty')
  expect(['critical', 'error', 'warning', 'info'].includes(severity), `severity ${severity}`)
  expect(new Date(timestamp).toISOString() === timestamp, `timestamp ${timestamp}`)
  expect(typeof details === 'object' && details !== null, 'custom_details is no object')
  for (const { href } of event.links ?? []) expect(URL.canParse(href), `link ${href}`)
  return problems
}

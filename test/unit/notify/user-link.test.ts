import { expect, test } from 'vitest'
import { formatNotification } from '../../../src/notify/console/console-notifier.ts'
import { toPagerDutyEvent } from '../../../src/notify/pagerduty/pagerduty-event.ts'
import { toSlackMessage } from '../../../src/notify/slack/slack-message.ts'
import { userLink } from '../../../src/notify/user-link.ts'
import { checkSlackMessage } from '../../support/fake-slack.ts'
import { makeAlert, makeDetection } from '../../support/make-detection.ts'

const orgUrls = { acme: 'https://acme.my.salesforce.com/' }
const user = '005xx0000012SvcAAA'
const link = `https://acme.my.salesforce.com/lightning/setup/ManageUsers/page?address=%2F${user}%3Fnoredirect%3D1%26isUserEntityOverride%3D1`

test('the user of an alert can be opened in the Setup of their org', () => {
  const of = (type: string, id: string, actor = '') =>
    userLink(
      makeDetection({ entity: { type, id }, trigger: { ...makeDetection().trigger, fields: { actor } } }),
      orgUrls,
    )
  expect(of('user', user)).toBe(link)
  expect(of('actor', user)).toBe(link)
  expect(of('impersonator', 'admin@acme.example', user)).toBe(link)
  expect(of('network', '203.0.113.0/24', user)).toBeNull()
  expect(of('user', '005/../../evil?x=1')).toBeNull()
  expect(userLink(makeDetection(), { other: 'https://other.my.salesforce.com' })).toBeNull()
  expect(userLink(makeDetection())).toBeNull()
})

test('Slack has a button for it, PagerDuty a link, the console a line', () => {
  const notification = {
    key: 'k',
    alert: makeAlert({ entity: { type: 'user', id: user } }),
    cause: 'first',
  } as const
  const message = toSlackMessage(notification, { orgUrls })
  expect(JSON.stringify(message.blocks)).toContain(JSON.stringify(link))
  expect(checkSlackMessage(message)).toEqual([])
  expect(toPagerDutyEvent(notification, { orgUrls })).toMatchObject({
    links: [{ href: link, text: 'Open user in Salesforce' }],
  })
  expect(formatNotification(notification, { orgUrls, colors: false })).toContain(`\n  ${link}\n`)
})

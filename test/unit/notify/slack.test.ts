import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyDetection, applyTime } from '../../../src/alerting/lifecycle.ts'
import { createManualClock } from '../../../src/clock.ts'
import { hour } from '../../../src/duration.ts'
import type { Notification } from '../../../src/notify/notifier.ts'
import { escapeText, type SlackMessage, toSlackMessage } from '../../../src/notify/slack/slack-message.ts'
import { createSlackNotifier } from '../../../src/notify/slack/slack-notifier.ts'
import type { Answer, FakeReceiver } from '../../support/fake-receiver.ts'
import { checkSlackMessage, createFakeSlack } from '../../support/fake-slack.ts'
import {
  hostileTexts,
  makeAlert,
  makeDetection,
  makeHostileDetection,
  seededRandom,
  startTime,
} from '../../support/make-detection.ts'

const key = 'k'
const first: Notification = { key, alert: makeAlert(), cause: 'first' }
const publicUrl = 'https://fw.example'
const signal = new AbortController().signal

/** The message as Slack shows it, line by line. */
function textOf({ blocks }: SlackMessage): string {
  return blocks
    .flatMap((block) => {
      if (block.type === 'header') return [block.text.text]
      if (block.type === 'context') return block.elements.map(({ text }) => text)
      if (block.type === 'actions') return block.elements.map(({ text, url }) => `[${text.text}] ${url}`)
      if ('text' in block) return [block.text.text]
      return block.fields.flatMap(({ text }, index) =>
        index % 2 === 0 ? [`${text} ${block.fields[index + 1]?.text}`] : [],
      )
    })
    .join('\n')
}

describe('a Slack message', () => {
  it('leads with level, who and what, and ends with where it comes from', () => {
    const { blocks, text } = toSlackMessage(first, { publicUrl })
    expect(blocks.map(({ type }) => type)).toEqual([
      'header',
      'section',
      'section',
      'section',
      'actions',
      'context',
    ])
    expect(blocks[0]).toMatchObject({
      text: {
        text: '🟠 HIGH · Jane Doe (jane@acme.example, Sales User) · Unusual number of records leaving',
      },
    })
    expect(text).toBe('🟠 HIGH · jane@acme.example read 850,000 records in 1h; usual 0–1,500')
    expect(JSON.stringify(blocks)).toContain('1. Ask the user.')
    expect(checkSlackMessage(toSlackMessage(first, { publicUrl }))).toEqual([])
  })

  it('reads from top to bottom as whoever is woken needs it', () => {
    expect(`\n${textOf(toSlackMessage(first, { publicUrl }))}\n`).toBe(`
🟠 HIGH · Jane Doe (jane@acme.example, Sales User) · Unusual number of records leaving
jane@acme.example read 850,000 records in 1h; usual 0–1,500
*Usual* 0–1,500 within 1 h, expected 750, now 1,133 times that; by chance practically never
*When* 2026-11-24 13:05:00 UTC
*Where* ip 203.0.113.7, app Data Loader
*New* first seen for this user: network, client
*What* objects Contact 62 %, objects Account 38 %
What to do
1. Ask the user.
2. Look at the application.
3. Revoke the session.
[Open in Forcewatch] https://fw.example/#alert-${first.alert.id}
Baseline: 14 days of its own (90 %), 10 % from its 57 peers
Own largest: 1,900 records on a day of the last weeks
org acme · detector bulk-export · alert ${first.alert.id} · events event-0, event-1
`)
  })

  it('tells what the org knows about the app', () => {
    const [news, ...others] = makeDetection().explanation
    const line = { label: 'App', value: 'Data Loader: registered; any user may let it in' }
    const alert = makeAlert({ explanation: [news!, line, ...others] })
    const message = toSlackMessage({ key, alert, cause: 'first' }, {})
    expect(textOf(message)).toContain('\nApp: Data Loader: registered; any user may let it in\nBaseline: ')
    expect(checkSlackMessage(message)).toEqual([])
  })

  it('says that an alert resolved', () => {
    const { alert } = applyTime(makeAlert(), startTime + hour)!
    const message = toSlackMessage({ key, alert, cause: 'resolved' }, {})
    expect(message.text).toMatch(/^✅ RESOLVED · Quiet for 1h\. It was: jane/)
    expect(checkSlackMessage(message)).toEqual([])
  })

  it('stays within every limit and free of markup, mentions and links whatever the texts are', () => {
    const random = seededRandom(2)
    const causes = ['first', 'level-rose', 'repeat', 'resolved'] as const
    for (let i = 0; i < 500; i++) {
      const { alert } = applyDetection(undefined, makeHostileDetection(random))[0]!
      const message = toSlackMessage({ key, alert, cause: causes[i % 4]! }, { publicUrl })
      expect(checkSlackMessage(message)).toEqual([])
    }
  })

  it('holds text from outside in plain_text only', () => {
    const marker = '*_~`marker`~_*'
    const alert = makeAlert({ entity: { type: 'user', id: 'x', name: marker }, summary: marker })
    const { blocks } = toSlackMessage({ key, alert, cause: 'first' }, {})
    const objects: { type: string; text: string }[] = []
    JSON.stringify(blocks, (_, value) => {
      if (typeof value?.text === 'string') objects.push(value)
      return value
    })
    const holding = objects.filter(({ text }) => text.includes('marker'))
    expect(holding.length).toBeGreaterThan(1)
    expect(new Set(holding.map(({ type }) => type))).toEqual(new Set(['plain_text']))
  })

  it('escapes within the limit', () => {
    expect(escapeText('a <b> & @here @Channel', 100)).toBe('a &lt;b&gt; &amp; ＠here ＠Channel')
    for (const text of hostileTexts) expect(escapeText(text, 50).length).toBeLessThanOrEqual(50)
    expect(escapeText('&&&', 12)).toBe('&amp;&amp;…')
  })
})

describe('the Slack receiver', () => {
  let slack: FakeReceiver<SlackMessage>
  beforeEach(async () => {
    slack = await createFakeSlack()
  })
  afterEach(() => slack.close())

  function deliver(notification = first, readSecret: () => string | Promise<string> = () => slack.url) {
    const clock = createManualClock(startTime)
    const notifier = createSlackNotifier({ receiver: 'soc', readSecret, publicUrl, clock })
    return notifier.deliver(notification, signal)
  }

  it('takes a notification', async () => {
    expect(await deliver()).toEqual({ kind: 'accepted' })
    expect(slack.requests).toMatchObject([{ violations: [], status: 200 }])
  })

  const answers: [Answer, object][] = [
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'retry', after: 7000 },
    ],
    [
      { status: 429, headers: { 'retry-after': new Date(startTime + 9000).toUTCString() } },
      { kind: 'retry', after: 9000 },
    ],
    [
      { status: 429, body: '{"retry_after":1,"ok":false,"error":"rate_limited"}' },
      { kind: 'retry', after: 1000 },
    ],
    [
      { status: 200, body: '{"ok":false,"error":"internal_error"}' },
      { kind: 'retry', reason: 'HTTP 200 internal_error' },
    ],
    [
      { status: 500, body: 'oops' },
      { kind: 'retry', reason: 'HTTP 500 oops' },
    ],
    [{ status: 200, body: '<html>Please log in</html>' }, { kind: 'retry' }],
    [
      { status: 403, body: 'invalid_token' },
      { kind: 'rejected', reason: expect.stringContaining('create a new one') },
    ],
    [
      { status: 404, body: 'no_service' },
      { kind: 'rejected', reason: expect.stringContaining('does not exist') },
    ],
    [
      { status: 410, body: 'channel_is_archived' },
      { kind: 'rejected', reason: expect.stringContaining('unarchive') },
    ],
    [{ status: 200, body: '{"ok":false,"error":"not_in_channel"}' }, { kind: 'rejected' }],
    [
      { status: 400, body: 'invalid_blocks' },
      { kind: 'rejected', reason: expect.stringContaining('invalid_blocks') },
    ],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, { kind: 'rejected' }],
    [
      { status: 0, hangUp: true },
      { kind: 'retry', reason: expect.stringContaining('cannot be reached') },
    ],
  ]
  for (const [answer, expected] of answers) {
    it(`after ${answer.hangUp ? 'a closed connection' : `${answer.status} ${answer.body ?? ''}`}: ${JSON.stringify(expected)}`, async () => {
      slack.fail(answer)
      const delivery = await deliver()
      expect(delivery).toMatchObject(expected)
      expect(JSON.stringify(delivery)).not.toContain('verysecret')
    })
  }

  it('never tells the webhook URL', async () => {
    const url = slack.url
    await slack.close()
    const secrets = [url, 'not a verysecret url', 'https://user:verysecret@127.0.0.1:1/', 'verysecret:x']
    for (const secret of secrets) {
      const delivery = await deliver(first, () => secret)
      expect(delivery.kind).not.toBe('accepted')
      expect(JSON.stringify(delivery)).not.toContain('verysecret')
    }
    slack = await createFakeSlack()
  })

  it('tries again when the webhook URL cannot be read', async () => {
    const unreadable = () => Promise.reject(new Error('cannot read /run/secrets/slack'))
    expect(await deliver(first, unreadable)).toMatchObject({ kind: 'retry' })
  })

  it('stops when told to', async () => {
    slack.fail({ status: 0, hang: true })
    const abort = new AbortController()
    const clock = createManualClock(startTime)
    const notifier = createSlackNotifier({ receiver: 'soc', readSecret: () => slack.url, clock })
    const delivery = notifier.deliver(first, abort.signal)
    await slack.until(() => slack.requests.length === 1)
    abort.abort()
    expect(await delivery).toMatchObject({ kind: 'retry' })
  })
})

import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { applyDetection } from '../../../src/alerting/lifecycle.ts'
import { createConsoleNotifier, formatNotification } from '../../../src/notify/console/console-notifier.ts'
import type { Notification } from '../../../src/notify/notifier.ts'
import { makeAlert, makeHostileDetection, seededRandom } from '../../support/make-detection.ts'

const first: Notification = { key: 'k', alert: makeAlert(), cause: 'first' }
const signal = new AbortController().signal

function createSink() {
  const written: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  return { stream, written }
}

describe('the console', () => {
  it('shows a readable block', () => {
    const text = formatNotification(first, { colors: false, publicUrl: 'https://fw.example' })
    expect(text).toBe(`● HIGH  Jane Doe (jane@acme.example, Sales User)  Unusual number of records leaving
  jane@acme.example read 850,000 records in 1h; usual 0–1,500
  Observed    850,000 records within 22 min
  Usual       0–1,500 within 1 h, expected 750, now 1,133 times that; by chance practically never
  When        2026-11-24 13:05:00 UTC
  Where       ip 203.0.113.7, app Data Loader
  New         first seen for this user: network, client
  What        objects Contact 62 %, objects Account 38 %
  By chance   about once in more than 1,000 years across the 4,812 users watched for it (p < 1e-12)
  Baseline    14 days of its own (90 %), 10 % from its 57 peers
  Own largest 1,900 records on a day of the last weeks
  Tuning      no budget would have kept it quiet (it is 1/week); at_least above 850,000, or an exception would
  What to do
              1. Ask the user.
              2. Look at the application.
              3. Revoke the session.
  org acme · detector bulk-export · alert ${first.alert.id} · events event-0, event-1
  https://fw.example/#alert-${first.alert.id}

`)
  })

  it('writes one JSON object a line when asked to', async () => {
    const { stream, written } = createSink()
    const notifier = createConsoleNotifier({ receiver: 'terminal', stream, format: 'json', colors: false })
    expect(await notifier.deliver(first, signal)).toEqual({ kind: 'accepted' })
    expect(written.join('').match(/\n/g)).toHaveLength(1)
    expect(JSON.parse(written.join(''))).toMatchObject({
      time: '2026-11-24T13:05:00.000Z',
      detector: 'bulk-export',
      level: 'high',
      cause: 'first',
      observed: 850_000,
      expected: 750,
      window: '1h',
    })
  })

  it('lets no text from outside command the terminal or add a line', () => {
    const random = seededRandom(4)
    for (let i = 0; i < 200; i++) {
      const { alert } = applyDetection(undefined, makeHostileDetection(random))[0]!
      const text = formatNotification({ key: 'k', alert, cause: 'first' }, { colors: false })
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
      expect(text.split('\n').length).toBeLessThanOrEqual(25)
    }
  })

  it('says when it cannot write', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    stream.on('error', () => undefined)
    const notifier = createConsoleNotifier({ receiver: 'terminal', stream, format: 'text', colors: true })
    expect(await notifier.deliver(first, signal)).toEqual({ kind: 'retry', reason: 'cannot write: EPIPE' })
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAlertBoard } from '../../../src/alerting/alert-board.ts'
import { createAlertingTask } from '../../../src/alerting/alerting-task.ts'
import { createDeliveryQueues } from '../../../src/alerting/delivery-queue.ts'
import { systemClock as clock } from '../../../src/clock.ts'
import type { DetectionMessage } from '../../../src/detection/detection.ts'
import { hour } from '../../../src/duration.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createPagerDutyNotifier } from '../../../src/notify/pagerduty/pagerduty-notifier.ts'
import type { SlackMessage } from '../../../src/notify/slack/slack-message.ts'
import { createSlackNotifier } from '../../../src/notify/slack/slack-notifier.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import type { StateStore } from '../../../src/store/state-store.ts'
import { Processor } from '../../../src/stream/processor.ts'
import { createFakePagerDuty, type PagerDutyRequest, routingKey } from '../../support/fake-pagerduty.ts'
import type { FakeReceiver } from '../../support/fake-receiver.ts'
import { createFakeSlack } from '../../support/fake-slack.ts'
import { makeDetection, org, startTime } from '../../support/make-detection.ts'

const logger = pino({ level: 'silent' })
const topics = ['detections', 'alerts', 'dead-letter']

let directory: string
let log: Log
let store: StateStore
let slack: FakeReceiver<SlackMessage>
let pagerduty: FakeReceiver<PagerDutyRequest>
const running: Processor[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forcewatch-alerting-'))
  log = createEmbeddedLog({ file: join(directory, 'log.db'), clock, logger })
  store = createEmbeddedStore({ file: join(directory, 'store.db'), clock })
  await log.createTopics(topics.map((name) => ({ name, partitions: 1 })))
  slack = await createFakeSlack()
  pagerduty = await createFakePagerDuty()
})

afterEach(async () => {
  for (const processor of running.splice(0)) await processor.stop()
  await Promise.all([log.close(), store.close(), slack.close(), pagerduty.close()])
  await rm(directory, { recursive: true })
})

async function startAlerting(): Promise<Processor> {
  const metrics = createMetrics()
  const board = createAlertBoard()
  const queues = createDeliveryQueues(
    [
      createSlackNotifier({ receiver: 'slack', readSecret: () => slack.url, clock }),
      createPagerDutyNotifier({
        receiver: 'pagerduty',
        readSecret: () => routingKey,
        url: pagerduty.url,
        clock,
      }),
    ],
    { clock, logger, metrics },
  )
  const processor = new Processor({
    stage: 'alert',
    group: 'forcewatch-alert',
    topic: 'detections',
    deadLetterTopic: 'dead-letter',
    createTask: () =>
      createAlertingTask({
        alertsTopic: 'alerts',
        routes: () => ({ routes: [{ receivers: ['slack', 'pagerduty'] }] }),
        queues,
        board,
        ocsf: { version: '0.1.0' },
        clock,
        logger,
        metrics,
      }),
    checkpoint: { records: 10_000, interval: 60_000 },
    log,
    store,
    owner: 'test',
    clock,
    logger,
    metrics,
    onFailure: (error) => {
      throw error
    },
  })
  running.push(processor)
  await processor.start()
  return processor
}

function append(...messages: DetectionMessage[]): Promise<void> {
  return log.append(
    'detections',
    messages.map((message) => ({ key: message.org.id, value: JSON.stringify(message) })),
  )
}

async function activitiesInTopic(): Promise<string[]> {
  const activities: string[] = []
  for await (const { value } of log.read({ topic: 'alerts', partition: 0 }, 0)) {
    activities.push(JSON.parse(value.toString()).activity_name)
  }
  return activities
}

const resolution = { kind: 'progress', org, time: startTime + hour } as const

describe('alerting on the engine', () => {
  it('brings a detection to Slack and PagerDuty, and its end as well', async () => {
    await startAlerting()
    await append(makeDetection(), makeDetection({ sequence: 1 }))
    await slack.until(() => slack.accepted.length === 1)
    await append(resolution)
    await slack.until(() => slack.accepted.length === 2)
    await pagerduty.until(() => pagerduty.accepted.length === 2)
    expect(slack.accepted.map(({ text }) => text.split(' ')[1])).toEqual(['HIGH', 'RESOLVED'])
    const events = pagerduty.accepted.map((event) => event.event_action)
    expect(events).toEqual(['trigger', 'resolve'])
    expect(new Set(pagerduty.accepted.map((event) => event.dedup_key)).size).toBe(1)
    expect([...slack.requests, ...pagerduty.requests].flatMap(({ violations }) => violations)).toEqual([])
    expect(await activitiesInTopic()).toEqual(['Create', 'Close'])
  })

  it('sends after a restart what a dead receiver has not taken, and nothing twice', async () => {
    slack.fail({ status: 0, hangUp: true }, Number.POSITIVE_INFINITY)
    const first = await startAlerting()
    await append(makeDetection())
    await pagerduty.until(() => pagerduty.accepted.length === 1)
    await slack.until(() => slack.requests.length > 0)
    await first.stop()
    slack.recover()
    await startAlerting()
    await slack.until(() => slack.accepted.length === 1)
    await append(makeDetection(), resolution)
    await slack.until(() => slack.accepted.length === 2)
    await pagerduty.until(() => pagerduty.accepted.length === 2)
    expect(slack.accepted.map(({ text }) => text.split(' ')[1])).toEqual(['HIGH', 'RESOLVED'])
    expect(pagerduty.accepted.map((event) => event.event_action)).toEqual(['trigger', 'resolve'])
  })
})

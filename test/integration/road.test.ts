import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DetectionMessage } from '../../src/detection/detection.ts'
import type { Log, LogRecord } from '../../src/log/log.ts'
import { ocsfProblems } from '../support/ocsf-problems.ts'
import { ownBackend } from '../support/own-backend.ts'
import { kafkaBrokers, redisUrl } from '../support/services.ts'
import { channels, entities, lastEvent, org, publishTraffic, users, watchFrom } from './attacked-org.ts'
import { createInstallation, type Installation, type Service } from './installation.ts'

/** Every alert of which receivers are told, and the level that it rises to. */
const expected = [
  ['S1', 'bulk-export', entities.administrator, 'CRITICAL'],
  ['S1', 'reconnaissance', entities.administrator, 'MEDIUM'],
  ['S2', 'new-access', entities.chatIntegration, 'CRITICAL'],
  ['S2', 'reconnaissance', entities.chatIntegration, 'MEDIUM'],
  ['S2', 'bulk-export', entities.chatIntegration, 'MEDIUM'],
  ['S2', 'bulk-export', entities.chatIntegration, 'CRITICAL'],
  ['S2', 'first-bulk-download', entities.chatIntegration, 'HIGH'],
  ['S2', 'new-objects', entities.chatIntegration, 'HIGH'],
  ['S2', 'parallel-use', entities.chatIntegration, 'LOW'],
  ['S2', 'parallel-use', entities.chatIntegration, 'MEDIUM'],
  ['S7a', 'credential-stuffing', org.identity.id, 'CRITICAL'],
  ['S7a', 'credential-stuffing-share', org.identity.id, 'HIGH'],
  ['S7a', 'password-spray', '198.19.3.0/24', 'HIGH'],
  ['S7a', 'password-spray', '198.19.4.0/24', 'HIGH'],
  ['S7a', 'password-spray', '198.19.5.0/24', 'HIGH'],
  ['S7a', 'password-spray', '198.19.6.0/24', 'HIGH'],
  ['56,000 records exported at a desk', 'bulk-export', '0055f00000000HfAAI', 'MEDIUM'],
] as const

/** The detectors whose alerts are sent to nobody: another alert about the same user is open, tells as much, and was sent. */
const toldByAnother = ['api-volume', 'entity-risk']

/** What somebody was told about one alert, in order: its level whenever that rose, and its end. */
type Story = readonly string[]

const levels = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']
const severities = { info: 'LOW', warning: 'MEDIUM', error: 'HIGH', critical: 'CRITICAL' } as const

type Outcome = {
  readonly installation: Installation
  readonly published: number
  readonly events: { readonly records: number; readonly different: number }
  readonly findings: readonly Finding[]
  readonly deadLetters: number
  /** Notifications left out because a newer one about the same alert was waiting already. */
  readonly superseded: number
  readonly stopped: readonly unknown[]
}

type Finding = {
  readonly finding_info: { readonly uid: string; readonly analytic: { readonly uid: string } }
  readonly is_alert: boolean
  readonly activity_name: 'Create' | 'Update' | 'Close'
  readonly severity: string
}

const brokers = await kafkaBrokers()
const redis = await redisUrl()
const ways = [
  { way: 'one process', processes: [['ingest', 'detect', 'alert']] },
  { way: 'three processes', processes: [['ingest'], ['detect'], ['alert']] },
] as const

describe.skipIf(!brokers || !redis)(
  'from Salesforce to Slack and PagerDuty, by way of Kafka and Redis',
  () => {
    const installations: Installation[] = []
    const outcomes = new Map<string, Outcome>()

    beforeAll(async () => {
      for (const { way, processes } of ways) {
        const installation = await install()
        installations.push(installation)
        outcomes.set(way, await run(installation, processes))
      }
    }, 480_000)

    afterAll(async () => {
      for (const installation of installations) await installation.close()
    })

    describe.each(ways)('as $way', ({ way, processes }) => {
      let outcome: Outcome
      let findings: readonly Finding[]
      /** Of those that are sent. */
      let sent: readonly Finding[]
      let stories: ReadonlyMap<string, Story>

      beforeAll(() => {
        outcome = outcomes.get(way)!
        findings = outcome.findings.filter(({ is_alert }) => is_alert)
        sent = findings.filter(({ finding_info }) => !toldByAnother.includes(finding_info.analytic.uid))
        stories = groupLabels(sent, ({ finding_info }) => finding_info.uid, labelOfFinding)
      })

      test('every event is in the log once, and none is dead', () => {
        const { events, published, deadLetters } = outcome
        expect(events).toEqual({ records: published, different: published })
        expect(deadLetters).toBe(0)
      })

      test('PagerDuty hears of each attack until its end, and of nothing else', () => {
        const { accepted } = outcome.installation.pagerduty
        const told = groupLabels(accepted, ({ dedup_key }) => dedup_key, labelOfPagerDutyEvent)
        const subjects = [...told].map(([key, story]) => {
          const trigger = accepted.find(
            (event) => event.dedup_key === key && event.event_action === 'trigger',
          )
          if (trigger?.event_action !== 'trigger') return key
          const { payload } = trigger
          return [payload.class, payload.custom_details.entity, story.at(-2)].join(' ')
        })
        expect(subjects.toSorted()).toEqual(expected.map(([, ...subject]) => subject.join(' ')).toSorted())
        expectToTell(told, stories)
      })

      test('Slack hears of the same', () => {
        const { accepted } = outcome.installation.slack
        expectToTell(groupLabels(accepted, alertOfSlackMessage, labelOfSlackMessage), stories)
      })

      test('an alert that another one tells is found all the same', () => {
        const detectors = findings.map(({ finding_info }) => finding_info.analytic.uid)
        expect(detectors).toEqual(expect.arrayContaining(toldByAnother))
      })

      test('every alert that is sent has its notifications; those left out had a newer one behind them', () => {
        const { slack, pagerduty } = outcome.installation
        const notifications = slack.accepted.length + pagerduty.accepted.length
        expect(notifications + outcome.superseded).toBe(2 * sent.length)
      })

      test('every request keeps to the documented limits and is accepted at once', () => {
        const { slack, pagerduty } = outcome.installation
        const requests = [...slack.requests, ...pagerduty.requests]
        expect(requests.flatMap(({ violations }) => violations)).toEqual([])
        expect(requests).toHaveLength(slack.accepted.length + pagerduty.accepted.length)
      })

      test('topic alerts tells the story of every alert in valid OCSF findings', () => {
        expect(outcome.findings.flatMap(ocsfProblems)).toEqual([])
        const all = groupLabels(findings, ({ finding_info }) => finding_info.uid, labelOfFinding)
        for (const story of all.values()) {
          expect(story.at(-1)).toBe('RESOLVED')
          for (const open of timesOpen(story))
            expect(open).toEqual(open.toSorted((a, b) => levels.indexOf(a) - levels.indexOf(b)))
        }
        const activities = groupLabels(
          findings,
          ({ finding_info }) => finding_info.uid,
          ({ activity_name }) => activity_name,
        )
        for (const story of activities.values()) expect(story.lastIndexOf('Create')).toBe(0)
      })

      test('SIGTERM ends every process with code 0, which it only has when it was done within ten seconds', () => {
        expect(outcome.stopped).toEqual(processes.map(() => ({ code: 0, signal: null })))
      })
    })

    test('both ways find exactly the same', () => {
      const [one, three] = ways.map(({ way }) => outcomes.get(way)?.findings)
      expect(three).toEqual(one)
    })
  },
)

/**
 * A receiver was told the beginning of every alert, the level that it had reached at each of its ends, and these ends, and
 * nothing that did not happen; levels in between may be left out.
 */
function expectToTell(told: ReadonlyMap<string, Story>, stories: ReadonlyMap<string, Story>): void {
  expect([...told.keys()].toSorted()).toEqual([...stories.keys()].toSorted())
  for (const [key, story] of stories) {
    const labels = told.get(key) ?? []
    expect(labels[0]).toBe(story[0])
    expect(endings(labels)).toEqual(endings(story))
    expect(isPartOf(labels, story)).toBe(true)
  }
}

/** The levels of each time that an alert was open; the signs of S2 lie days apart, so that one of them opens again. */
function timesOpen(story: Story): readonly Story[] {
  return story
    .join(' ')
    .split('RESOLVED')
    .slice(0, -1)
    .map((levelsOfOne) => levelsOfOne.split(' ').filter((label) => label !== ''))
}

/** The level before each end. */
function endings(story: Story): Story {
  return story.filter((_, index) => story[index + 1] === 'RESOLVED')
}

/** Whether a story consists of things that happened in another, in their order. */
function isPartOf(part: Story, whole: Story): boolean {
  const rest = whole.values()
  return part.every((label) => rest.some((other) => other === label))
}

function install(): Promise<Installation> {
  return createInstallation({
    org: { org: org.identity, users },
    config: ownBackend('road', brokers ?? [], redis ?? ''),
    watch: { channels, watch_from: new Date(watchFrom).toISOString(), directory: { enabled: true } },
  })
}

async function run(
  installation: Installation,
  processes: (typeof ways)[number]['processes'],
): Promise<Outcome> {
  const { log, topics, simulator } = installation
  const services: Service[] = []
  for (const roles of processes) services.push(await installation.start(roles))
  const alerting = services.at(-1)!
  await simulator.ready()
  const published = await publishTraffic(simulator)
  await alerting.until(() => hasDetectedEverything(log, topics.detections))
  const detections = await countRecords(log, topics.detections)
  await alerting.until(
    async () => (await alerting.metric('records_processed_total', 'stage="alert"')) === detections,
  )
  await alerting.until(async () => (await alerting.metric('outbox_depth')) === 0)
  const superseded = await alerting.metric('notifications_total', 'outcome="superseded"')
  const stopped = []
  for (const service of services) stopped.push(await service.stop())
  return {
    installation,
    published,
    superseded,
    stopped,
    events: await countEvents(log, topics.events),
    findings: await Array.fromAsync(readAll(log, topics.alerts), ({ value }) => JSON.parse(value.toString())),
    deadLetters: await countRecords(log, topics.deadLetter),
  }
}

/** Whether the detect stage has told that event time came to the last event: it is the last thing that it tells. */
async function hasDetectedEverything(log: Log, topic: string): Promise<boolean> {
  for (const { partition, first, next } of await log.offsets(topic)) {
    if (next === first) continue
    for await (const { value } of log.read({ topic, partition }, next - 1)) {
      const message: DetectionMessage = JSON.parse(value.toString())
      if (message.kind === 'progress' && message.time >= lastEvent) return true
    }
  }
  return false
}

async function countEvents(log: Log, topic: string): Promise<Outcome['events']> {
  const uuids = new Set<string>()
  let records = 0
  for await (const { value, headers } of readAll(log, topic)) {
    if (headers.origin === 'directory') continue
    records++
    uuids.add(JSON.parse(value.toString()).data.event.EventUuid)
  }
  return { records, different: uuids.size }
}

async function countRecords(log: Log, topic: string): Promise<number> {
  return (await log.offsets(topic)).reduce((sum, { first, next }) => sum + next - first, 0)
}

async function* readAll(log: Log, topic: string): AsyncGenerator<LogRecord> {
  for (const { partition, first } of await log.offsets(topic)) yield* log.read({ topic, partition }, first)
}

function groupLabels<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  labelOf: (item: T) => string,
): ReadonlyMap<string, Story> {
  return new Map([...Map.groupBy(items, keyOf)].map(([key, group]) => [key, group.map(labelOf)]))
}

function labelOfFinding({ activity_name, severity }: Finding): string {
  return activity_name === 'Close' ? 'RESOLVED' : severity.toUpperCase()
}

function labelOfPagerDutyEvent(event: Installation['pagerduty']['accepted'][number]): string {
  return event.event_action === 'resolve' ? 'RESOLVED' : severities[event.payload.severity]
}

function labelOfSlackMessage({ text }: Installation['slack']['accepted'][number]): string {
  return text.split(' ')[1] ?? ''
}

function alertOfSlackMessage({ blocks }: Installation['slack']['accepted'][number]): string {
  return /alert ([0-9a-f]{32})/.exec(JSON.stringify(blocks.at(-1)))?.[1] ?? ''
}

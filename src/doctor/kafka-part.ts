import { day, formatDuration, hour } from '../duration.ts'
import type { LogFacts, TopicFacts } from '../log/log-facts.ts'
import type { Part } from './examine.ts'
import { failed, type Outcome, ok, warning } from './finding.ts'

/** How the topics are meant to be. */
export type TopicNeeds = {
  readonly topics: {
    readonly events: string
    readonly detections: string
    readonly alerts: string
    readonly deadLetter: string
  }
  /** What the service would create them with. */
  readonly partitions: number
  readonly replication: number
  /** How long events are meant to be kept, ms. */
  readonly retention: number
  readonly orgs: number
}

/** An event of 1 MB, the most that Salesforce sends, with its headers. */
const roomNeeded = 1_100_000
const roomToSet = 2 << 20
/** What was not processed in this time is lost when records go: a long weekend. */
const shortestRetention = 72 * hour

/** The checks of Kafka: the cluster answers, and each topic is set up so that nothing is lost. */
export function kafkaPart(inspect: () => Promise<LogFacts>, needs: TopicNeeds): Part {
  let facts: LogFacts | undefined
  return {
    name: 'kafka',
    checks: [
      {
        name: 'reach',
        async run() {
          facts = await inspect()
          return [ok(`${facts.brokers === 1 ? '1 broker answers' : `${facts.brokers} brokers answer`}`)]
        },
      },
      { name: 'topics', after: 'reach', run: async () => (facts ? judgeTopics(facts, needs) : []) },
    ],
  }
}

function judgeTopics({ brokers, topics }: LogFacts, needs: TopicNeeds): readonly Outcome[] {
  const names = Object.values(needs.topics)
  const missing = names.filter((name) => !topics.some((topic) => topic.name === name))
  const problems = topics.flatMap((topic) => judgeTopic(topic, brokers, needs))
  const sound = topics.filter(({ name }) => !problems.some(({ items = [] }) => items.includes(name)))
  const outcomes = sound.map((topic) => ok(describe(topic)))
  return [...outcomes, ...judgeMissing(missing, brokers, needs), ...problems]
}

function judgeMissing(missing: readonly string[], brokers: number, needs: TopicNeeds): readonly Outcome[] {
  if (missing.length === 0) return []
  const { partitions, replication } = needs
  if (replication > brokers) {
    return [
      failed(
        `these topics cannot be created with replication ${replication}: the cluster has ${brokers} broker${brokers === 1 ? '' : 's'}`,
        `Set kafka.replication: ${brokers}, or add brokers.`,
        missing,
      ),
    ]
  }
  const minInSync = replication > 2 ? 2 : 1
  return [
    warning(
      'these topics do not exist yet',
      `forcewatch run creates them when it starts, if its Kafka user may; else by hand: kafka-topics.sh --create --topic NAME --partitions ${partitions} --replication-factor ${replication} --config min.insync.replicas=${minInSync} --config max.message.bytes=${roomToSet} --config retention.ms=${needs.retention}`,
      missing,
    ),
  ]
}

function judgeTopic(topic: TopicFacts, brokers: number, needs: TopicNeeds): readonly Outcome[] {
  const isEvents = topic.name === needs.topics.events
  return [
    ...judgeReplicas(topic, brokers),
    ...judgeRetention(topic, isEvents ? needs.retention : shortestRetention),
    ...judgeRoom(topic),
    ...(isEvents ? judgePartitions(topic, needs.orgs) : []),
  ]
}

function judgeReplicas(topic: TopicFacts, brokers: number): readonly Outcome[] {
  const { name, replicas, inSync, minInSync } = topic
  const items = [name]
  if (minInSync > replicas) {
    const text = `nothing can be written: min.insync.replicas ${minInSync} of ${replicas} replicas`
    return [failed(text, alter(name, `min.insync.replicas=${Math.max(1, replicas - 1)}`), items)]
  }
  if (inSync < minInSync) {
    const text = `nothing can be written: ${inSync} of ${replicas} replicas are in sync, ${minInSync} must be`
    return [failed(text, 'Bring back the brokers that are down.', items)]
  }
  if (replicas === 1) {
    const remedy =
      brokers === 1
        ? 'Run at least three brokers where records must not be lost.'
        : 'Give each partition three replicas with kafka-reassign-partitions.sh --execute, then set min.insync.replicas=2.'
    return [warning('records have one replica: a broker that is lost takes them along', remedy, items)]
  }
  const outcomes: Outcome[] = []
  if (inSync < replicas) {
    const text = `${inSync} of ${replicas} replicas are in sync`
    outcomes.push(
      warning(text, 'Bring back the brokers that are down, or wait until they have caught up.', items),
    )
  }
  if (minInSync < 2) {
    const text = 'an append may be acknowledged by one broker alone (min.insync.replicas 1)'
    outcomes.push(warning(text, alter(name, 'min.insync.replicas=2'), items))
  }
  return outcomes
}

function judgeRetention(topic: TopicFacts, wanted: number): readonly Outcome[] {
  const { name, retention, retentionBytes, compacted } = topic
  const outcomes: Outcome[] = []
  if (compacted) {
    outcomes.push(
      failed(
        'the topic is compacted: of each org only the newest record would be left',
        alter(name, 'cleanup.policy=delete'),
        [name],
      ),
    )
  }
  if (retention < shortestRetention) {
    const text = `records go after ${formatDuration(retention)}, perhaps before they are processed`
    outcomes.push(failed(text, alter(name, `retention.ms=${wanted}`), [name]))
  } else if (retention < wanted) {
    const text = `records go after ${formatDuration(retention)}: backtest looks back no further (meant: ${formatDuration(wanted)})`
    outcomes.push(warning(text, alter(name, `retention.ms=${wanted}`), [name]))
  }
  if (Number.isFinite(retentionBytes)) {
    const text = `records go when a partition holds ${retentionBytes.toLocaleString('en')} bytes, whatever their age`
    outcomes.push(warning(text, alter(name, 'retention.bytes=-1'), [name]))
  }
  return outcomes
}

function judgeRoom({ name, maxMessageBytes }: TopicFacts): readonly Outcome[] {
  if (maxMessageBytes >= roomNeeded) return []
  const text = `an event of 1 MB has no room in ${maxMessageBytes.toLocaleString('en')} bytes`
  return [warning(text, alter(name, `max.message.bytes=${roomToSet}`), [name])]
}

function judgePartitions({ name, partitions }: TopicFacts, orgs: number): readonly Outcome[] {
  if (partitions >= orgs) return []
  const text = `${orgs} orgs share ${partitions} partition${partitions === 1 ? '' : 's'}: they cannot be spread over as many processes`
  const remedy =
    'Choose another topic name with more partitions for new orgs. Adding partitions to this one would move orgs away from their history.'
  return [warning(text, remedy, [name])]
}

function describe({ name, partitions, replicas, minInSync, retention }: TopicFacts): string {
  const kept = Number.isFinite(retention) ? `${Math.round(retention / day)} days` : 'for ever'
  return `${name}: partitions ${partitions}, replicas ${replicas}, min.insync ${minInSync}, kept ${kept}`
}

function alter(name: string, setting: string): string {
  return `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${setting}`
}

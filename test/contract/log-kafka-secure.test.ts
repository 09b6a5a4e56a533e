import { afterAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createKafkaLog, type KafkaLogOptions } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { type KafkaBroker, type SecureListener, startKafkaBroker } from '../support/kafka-broker.ts'
import { kafkaJars } from '../support/services.ts'
import { describeLog, numbers } from './log.ts'

const logger = createLogger({ level: 'silent', format: 'text' }, createSecretScrubber())
const jars = await kafkaJars()

let starting: Promise<KafkaBroker> | undefined
async function start(): Promise<SecureListener> {
  starting ??= startKafkaBroker({ jars: jars ?? '', secure: true })
  const { secure } = await starting
  if (!secure) throw new Error('the broker has no secure listener')
  return secure
}

afterAll(async () => (await starting)?.stop())

type Mechanism = NonNullable<KafkaLogOptions['sasl']>['mechanism']

function openLog(
  listener: SecureListener,
  mechanism: Mechanism,
  changes: Partial<KafkaLogOptions> = {},
): Log {
  const { address, ca, username, password } = listener
  return createKafkaLog({
    brokers: [address],
    clientId: 'secure',
    replication: 1,
    sessionTimeout: 6_000,
    tls: { ca },
    sasl: { mechanism, username, password },
    clock: systemClock,
    logger,
    ...changes,
  })
}

describeLog(
  'Kafka log over TLS with a login',
  async () => {
    const listener = await start()
    return { open: () => openLog(listener, 'scram-sha-512') }
  },
  { rebalance: true, sessionTimeout: 6_000 },
  { skip: jars === undefined },
)

describe.skipIf(jars === undefined)('Kafka logins', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('are taken with %s', async (mechanism) => {
    const log = openLog(await start(), mechanism)
    await log.createTopics([{ name: mechanism, partitions: 1 }])
    await log.append(mechanism, numbers(0, 1))
    expect(await log.offsets(mechanism)).toEqual([{ partition: 0, first: 0, next: 1 }])
    await log.close()
  })

  it('are refused for good with a wrong password, without repeating it', async () => {
    const sasl = { mechanism: 'scram-sha-256', username: 'forcewatch', password: 'wrong-horse' } as const
    const log = openLog(await start(), 'plain', { sasl })
    const error = await log.offsets('any').catch((reason) => reason)
    expect(error).toMatchObject({ code: 'LOG_REJECTED', remedy: expect.stringContaining('kafka.sasl') })
    expect(error.message).not.toContain('wrong-horse')
    await log.close()
  })

  it('ask for the authority when the certificate is not known', async () => {
    const log = openLog(await start(), 'plain', { tls: true })
    await expect(log.offsets('any')).rejects.toMatchObject({
      code: 'LOG_REJECTED',
      remedy: expect.stringContaining('kafka.tls.ca_file'),
    })
    await log.close()
  })
})

import { describe, test } from 'vitest'
import { ownBackend } from '../support/own-backend.ts'
import { kafkaBrokers, redisUrl } from '../support/services.ts'
import { describeRecovery } from './crash.ts'

const brokers = await kafkaBrokers()
const redis = await redisUrl()

if (brokers && redis)
  describeRecovery('Kafka and Redis', async () => ownBackend('recovery', brokers, redis), {
    severalProcesses: true,
  })
else describe.skip('after kill -9, on Kafka and Redis', () => test('needs both', () => undefined))

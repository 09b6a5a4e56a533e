import { describe } from 'vitest'
import { ownBackend } from '../support/own-backend.ts'
import { kafkaBrokers, redisUrl } from '../support/services.ts'
import { describeRecovery } from './crash.ts'

const brokers = (await kafkaBrokers()) ?? []
const redis = (await redisUrl()) ?? ''

describe.skipIf(brokers.length === 0 || redis === '')('with a broker and a server', () => {
  const makeBackend = async () => ownBackend('recovery', brokers, redis, { session_timeout: '10s' })
  describeRecovery('Kafka and Redis', makeBackend, { severalProcesses: true })
})

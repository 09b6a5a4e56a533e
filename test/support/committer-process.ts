/** Run by startCommitter: see there. */
import { writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts'
import { createRedisStore } from '../../src/store/redis/redis-store.ts'

const [kind, address = '', prefix] = process.argv.slice(2)
const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
const store =
  kind === 'redis'
    ? createRedisStore({ url: address, prefix, clock: systemClock, logger })
    : createEmbeddedStore({ file: address, clock: systemClock })

const lease = await store.acquire('killed', { owner: String(process.pid), ttl: 60_000, mode: 'steal' })
if (!lease) throw new Error('steal answered null')
for (let number = lease.epoch * 1_000_000; ; number++) {
  const value = Buffer.from(String(number))
  const puts = Array.from({ length: 20_000 }, (_, i) => ({ section: `s${i % 5}`, key: `key-${i}`, value }))
  await lease.commit({ puts })
  writeSync(1, `${number}\n`)
}

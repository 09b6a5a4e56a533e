import { systemClock } from '../../src/clock.ts'
import { createEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'

/**
 * Appends the numbers from 0 on to a topic of an embedded log, a hundred at a time and without an end, and prints how
 * many the log has acknowledged so far. Arguments: file, topic.
 */
const [file = '', topic = ''] = process.argv.slice(2)
const logger = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber())
const log = createEmbeddedLog({ file, clock: systemClock, logger })
for (let next = 0; ; next += 100) {
  await log.append(
    topic,
    Array.from({ length: 100 }, (_, index) => ({ key: 'org', value: String(next + index) })),
  )
  process.stdout.write(`${next + 100}\n`)
}

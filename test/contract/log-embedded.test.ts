import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { describeLog } from './log.ts'

const directory = await mkdtemp(join(tmpdir(), 'forcewatch-log-'))
const file = join(directory, 'log.db')
const logger = createLogger({ level: 'error', format: 'text' }, createSecretScrubber())
const appender = new URL('../support/appender-process.ts', import.meta.url).pathname

afterAll(() => rm(directory, { recursive: true, force: true }))

describeLog(
  'embedded log',
  async () => ({ open: () => createEmbeddedLog({ file, clock: systemClock, logger }) }),
  { rebalance: false, sessionTimeout: 200, appendThroughCrash },
)

/** A process appends and is killed in the middle of it. */
async function appendThroughCrash(topic: string): Promise<number> {
  const child = spawn(process.execPath, [appender, file, topic], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  let acknowledged = 0
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line)
    if (acknowledged >= 2_000) child.kill('SIGKILL')
  }
  await exit
  return acknowledged
}

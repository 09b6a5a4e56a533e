import { createApp, type Ports } from '../../src/app.ts'
import { runApp } from '../../src/cli/run.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import type { CrashPoint } from './crash-points.ts'

/**
 * The real service in a process of its own, except that it kills itself (SIGKILL: nothing can be tidied up) at one
 * instant of the guarantee's table. Arguments: configuration file, crash point (none: it behaves).
 */
const [file = '', crash] = process.argv.slice(2) as [string?, CrashPoint?]

const die = () => process.kill(process.pid, 'SIGKILL')

/** Calls `die` at the `count`-th call. */
function dieAt(count: number): () => void {
  let calls = 0
  return () => {
    if (++calls === count) die()
  }
}

const afterAppend = dieAt(crash === 'after-append' ? 3 : Number.POSITIVE_INFINITY)
const beforeCheckpoint = dieAt(crash === 'before-checkpoint' ? 3 : Number.POSITIVE_INFINITY)
const afterCheckpoint = dieAt(crash === 'after-checkpoint' ? 3 : Number.POSITIVE_INFINITY)
const afterAcceptance = dieAt(crash === 'after-acceptance' ? 1 : Number.POSITIVE_INFINITY)

function withCrashes({ log, store }: Ports): Ports {
  return {
    log: {
      ...bound(log),
      async append(topic, records) {
        await log.append(topic, records)
        if (topic.endsWith('events') && records.length > 0) afterAppend()
      },
    },
    store: {
      ...bound(store),
      async acquire(scope, options) {
        const lease = await store.acquire(scope, options)
        if (!lease || !scope.startsWith('detect:')) return lease
        return {
          ...bound(lease),
          scope: lease.scope,
          epoch: lease.epoch,
          async commit(change) {
            beforeCheckpoint()
            await lease.commit(change)
            afterCheckpoint()
          },
        }
      },
    },
  }
}

/** An object's methods, own or inherited, each bound to it. */
function bound<T extends object>(target: T): T {
  const methods: Record<string, unknown> = {}
  for (let level = target; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const value = (target as Record<string, unknown>)[name]
      if (typeof value === 'function' && name !== 'constructor') methods[name] ??= value.bind(target)
    }
  }
  return methods as T
}

const realFetch = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const response = await realFetch(input, init)
  if (String(input).includes('/services/T000/') && response.ok) afterAcceptance()
  return response
}

const scrubber = createSecretScrubber()
const config = loadConfig(file, { env: process.env, secretSeen: (secret) => scrubber.add(secret) })
const logger = createLogger(config.logging, scrubber)
const app = createApp(config, {
  roles: ['ingest', 'detect', 'alert'],
  clock: systemClock,
  logger,
  wrapPorts: withCrashes,
})
process.exitCode = await runApp(app, logger)

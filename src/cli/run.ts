import { type Command, InvalidArgumentError, Option } from 'commander'
import { type App, createApp, type Role, roles } from '../app.ts'
import { type Clock, systemClock } from '../clock.ts'
import { isSingleProcess } from '../config/load-config.ts'
import { second } from '../duration.ts'
import { exitCodes, ForcewatchError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { measureProcess } from '../metrics.ts'
import { type CommandContext, configOption, openConfig } from './command-context.ts'

type RunOptions = { readonly config: string; readonly roles: readonly Role[] }

/** `forcewatch run` */
export function registerRun(program: Command, context: CommandContext): void {
  program
    .command('run')
    .description('Run the service until SIGTERM. SIGHUP reads the detectors anew.')
    .addOption(configOption())
    .addOption(
      new Option('--roles <list>', 'stages to run in this process')
        .default(roles, roles.join(','))
        .argParser(parseRoles),
    )
    .action(async (options: RunOptions) => {
      const { config, logger } = openConfig(options.config, context)
      if (options.roles.length < roles.length && isSingleProcess(config)) {
        throw new ForcewatchError(
          'USAGE',
          `--roles ${options.roles.join(',')} needs log: kafka and store: redis`,
          {
            remedy:
              'The embedded log and store serve a single process: leave --roles out, or configure Kafka and Redis.',
          },
        )
      }
      const app = createApp(config, { roles: options.roles, clock: systemClock, logger })
      measureProcess(app.metrics)
      // jsforce cannot be told to give a request up: one without an answer would keep the process.
      process.exit(await runApp(app, logger))
    })
}

export type RunHooks = {
  readonly clock?: Clock
  /** Ends the app like a signal when it resolves. */
  readonly until?: Promise<void>
  /** Told the address of the page. */
  readonly onStarted?: (url: string) => void
}

/** How long a stop may take before the process ends anyway: nothing is lost, only done again. */
const stopLimit = 10 * second

/**
 * Runs an app until a signal, its own failure, or `until` resolves; then stops it. SIGHUP reloads. A second signal ends
 * the process at once. Answers the exit code.
 */
export async function runApp(
  app: App,
  logger: Logger,
  { clock = systemClock, until, onStarted }: RunHooks = {},
): Promise<number> {
  const stopped = Promise.withResolvers<void>()
  const onSignal = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping')
    stopped.resolve()
    for (const name of stopSignals) process.off(name, onSignal)
  }
  const onReload = () => {
    app
      .reload()
      .catch((error: unknown) => logger.error({ err: error }, 'the detectors could not be read anew'))
  }
  for (const name of stopSignals) process.on(name, onSignal)
  process.on('SIGHUP', onReload)
  try {
    const ended = Promise.race([stopped.promise, until ?? stopped.promise, app.failure])
    const running = app.start().then(({ url }) => {
      logger.info({ url }, 'running')
      onStarted?.(url)
    })
    const ending = await Promise.race([ended, running.then(() => ended)])
    if (ending) throw ending
    return exitCodes.ok
  } finally {
    const cancel = clock.after(stopLimit, () => {
      logger.warn('stopping took too long; what was not saved will be done again')
      process.exit(exitCodes.unavailable)
    })
    await app.stop()
    cancel()
    process.off('SIGHUP', onReload)
    for (const name of stopSignals) process.off(name, onSignal)
  }
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const

function parseRoles(text: string): readonly Role[] {
  const wanted = text.split(',').map((name) => name.trim())
  for (const name of wanted) {
    if (!roles.some((role) => role === name)) {
      throw new InvalidArgumentError(`${JSON.stringify(name)} is no role; roles are ${roles.join(', ')}.`)
    }
  }
  return roles.filter((role) => wanted.includes(role))
}

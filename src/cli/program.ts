import { Command, CommanderError } from 'commander'
import { exitCodes, ForcewatchError, messageOf } from '../errors.ts'
import { createSecretScrubber, type SecretScrubber } from '../logger.ts'
import { version } from '../version.ts'
import type { CommandContext } from './command-context.ts'

/**
 * Runs one command and answers its exit code. Output goes to standard output; logs and errors go to standard error,
 * with secrets removed. A command that found something sets `process.exitCode` itself.
 */
export async function runProgram(
  args: readonly string[],
  env: CommandContext['env'] = process.env,
): Promise<number> {
  const scrubber = createSecretScrubber()
  // A reader such as `head` that has seen enough is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok)
    throw error
  })
  try {
    const program = await createProgram({ env, scrubber }, args[0])
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? exitCodes.ok)
  } catch (error) {
    return report(error, scrubber)
  }
}

/** In the order of the help. Each is loaded only when it is needed: `run` pulls in far more than the others. */
const commands: Readonly<Record<string, (program: Command, context: CommandContext) => Promise<void>>> = {
  run: async (...parts) => (await import('./run.ts')).registerRun(...parts),
  demo: async (...parts) => (await import('./demo.ts')).registerDemo(...parts),
  simulate: async (...parts) => (await import('./simulate.ts')).registerSimulate(...parts),
  replay: async (...parts) => (await import('./replay.ts')).registerReplay(...parts),
  verdict: async (...parts) => (await import('./verdict.ts')).registerVerdict(...parts),
  backtest: async (...parts) => (await import('./backtest.ts')).registerBacktest(...parts),
  tune: async (...parts) => (await import('./tune.ts')).registerTune(...parts),
  report: async (...parts) => (await import('./report.ts')).registerReport(...parts),
  backfill: async (...parts) => (await import('./backfill.ts')).registerBackfill(...parts),
  log: async (...parts) => (await import('./log.ts')).registerLog(...parts),
  detectors: async (program) => (await import('./detectors.ts')).registerDetectors(program),
  doctor: async (...parts) => (await import('./doctor.ts')).registerDoctor(...parts),
  config: async (...parts) => (await import('./config.ts')).registerConfig(...parts),
}

/** The program with the command of that name; with every command when there is none. Runs nothing. */
export async function createProgram(context: CommandContext, name?: string): Promise<Command> {
  const program = new Command('forcewatch')
    .description('Watches Salesforce orgs for account takeover and data theft.')
    .version(version)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'forcewatch: ')) })
    .exitOverride()
    .showHelpAfterError('  Try --help.')
  const wanted = name === undefined ? undefined : commands[name]
  for (const register of wanted ? [wanted] : Object.values(commands)) await register(program, context)
  return program
}

function report(error: unknown, scrubber: SecretScrubber): number {
  if (error instanceof CommanderError) {
    // Commander has already printed its message or the help.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
  const known = error instanceof ForcewatchError
  const what =
    known || !(error instanceof Error) ? messageOf(error) : `internal error: ${error.stack ?? error.message}`
  const remedy = known ? error.remedy : 'This is a bug in Forcewatch; please report it with the lines above.'
  process.stderr.write(scrubber.scrub(`forcewatch: ${what}\n${remedy ? `  ${remedy}\n` : ''}`))
  return known ? error.exitCode : exitCodes.internal
}

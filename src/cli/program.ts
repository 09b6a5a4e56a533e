import { Command, CommanderError } from 'commander'
import { exitCodes, ForcewatchError, messageOf } from '../errors.ts'
import { createSecretScrubber, type SecretScrubber } from '../logger.ts'
import { version } from '../version.ts'
import type { CommandContext } from './command-context.ts'
import { registerConfig } from './config.ts'
import { registerDemo } from './demo.ts'
import { registerDetectors } from './detectors.ts'
import { registerLog } from './log.ts'
import { registerReplay } from './replay.ts'
import { registerRun } from './run.ts'
import { registerSimulate } from './simulate.ts'

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
    await createProgram({ env, scrubber }).parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? exitCodes.ok)
  } catch (error) {
    return report(error, scrubber)
  }
}

/** Every command, without running any. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('forcewatch')
    .description('Watches Salesforce orgs for account takeover and data theft.')
    .version(version)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'forcewatch: ')) })
    .exitOverride()
    .showHelpAfterError('  Try --help.')
  registerRun(program, context)
  registerDemo(program, context)
  registerSimulate(program, context)
  registerReplay(program, context)
  registerLog(program, context)
  registerDetectors(program)
  registerConfig(program, context)
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

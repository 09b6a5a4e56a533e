import type { Command } from 'commander'
import { createConfigJsonSchema } from '../config/json-schema.ts'
import { checkConfig } from '../config/load-config.ts'
import { exitCodes } from '../errors.ts'
import { formatProblem } from '../yaml-source.ts'
import { type CommandContext, configOption } from './command-context.ts'

/** `forcewatch config check|schema` */
export function registerConfig(program: Command, context: CommandContext): void {
  const config = program
    .command('config')
    .description('Check the configuration file, or print its JSON Schema.')

  config
    .command('check')
    .description('Read the configuration file and report every problem. Ends with 1 when there is any.')
    .addOption(configOption())
    .option('--json', 'one object a line: each problem, then the result')
    .action((options: { config: string; json?: true }) => check(options, context))

  config
    .command('schema')
    .description('Print the JSON Schema of the configuration file, for completion in editors.')
    .action(() => {
      process.stdout.write(createConfigJsonSchema())
    })
}

function check(
  { config: file, json }: { config: string; json?: true },
  { env, scrubber }: CommandContext,
): void {
  const checked = checkConfig(file, { env, secretSeen: (secret) => scrubber.add(secret) })
  const problems = checked.kind === 'invalid' ? checked.problems : []
  const lines = json
    ? [...problems, { file, ok: checked.kind === 'ok', problems: problems.length }].map((line) =>
        JSON.stringify(line),
      )
    : [...problems.map(formatProblem), summarize(file, checked)]
  process.stdout.write(scrubber.scrub(`${lines.join('\n')}\n`))
  if (checked.kind === 'invalid') process.exitCode = exitCodes.failed
}

function summarize(file: string, checked: ReturnType<typeof checkConfig>): string {
  if (checked.kind === 'invalid') return `${file}: ${count(checked.problems.length, 'problem')}`
  const { orgs, receivers, routes, log, store } = checked.config
  const parts = [
    count(orgs.length, 'org'),
    count(receivers.length, 'receiver'),
    count(routes.length, 'route'),
  ]
  return `${file} is fine: ${parts.join(', ')}, log ${log}, store ${store}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

import { userInfo } from 'node:os'
import { Argument, type Command } from 'commander'
import { verdictWords } from '../detection/detection.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import { type CommandContext, configOption, openConfig } from './command-context.ts'

type VerdictOptions = {
  readonly config: string
  readonly url?: string
  readonly note?: string
  readonly by: string
}

/** `forcewatch verdict` */
export function registerVerdict(program: Command, context: CommandContext): void {
  program
    .command('verdict')
    .description(
      'Say what an alert was. What is benign, expected or a false positive is learned as normal; of a true positive nothing is.',
    )
    .argument('<alert>', 'id of the alert: 32 letters and digits, in every notification')
    .addArgument(new Argument('<verdict>', 'what it was').choices(verdictWords))
    .option('--note <text>', 'why; it is kept with the alert')
    .option('--by <name>', 'who says so', userInfo().username)
    .option('--url <address>', 'the running service; default: the web.host and web.port of the configuration')
    .addOption(configOption())
    .action((alert: string, word: string, options: VerdictOptions) =>
      send(alert, { verdict: word, note: options.note, by: options.by }, addressOf(options, context)),
    )
}

function addressOf({ url, config: file }: VerdictOptions, context: CommandContext): string {
  if (url !== undefined) return url.replace(/\/$/, '')
  const { web } = openConfig(file, context).config
  const host = web.host === '0.0.0.0' || web.host === '::' ? '127.0.0.1' : web.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${web.port}`
}

async function send(alert: string, verdict: object, url: string): Promise<void> {
  const response = await post(`${url}/api/alerts/${encodeURIComponent(alert)}/verdict`, verdict)
  if (response.ok) {
    process.stdout.write('noted\n')
    return
  }
  const { error, remedy } = await problemOf(response)
  throw new ForcewatchError('USAGE', error, remedy === undefined ? {} : { remedy })
}

async function post(address: string, body: object): Promise<Response> {
  try {
    return await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new ForcewatchError('USAGE', `nobody answers at ${new URL(address).origin}: ${messageOf(cause)}`, {
      remedy: 'Start `forcewatch run`, or name its address with --url.',
      cause: error,
    })
  }
}

async function problemOf(response: Response): Promise<{ error: string; remedy?: string }> {
  try {
    return (await response.json()) as { error: string; remedy?: string }
  } catch {
    return { error: `the service answered HTTP ${response.status}` }
  }
}

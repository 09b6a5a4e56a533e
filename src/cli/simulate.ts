import { createPublicKey, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../clock.ts'
import { day, hour, minute, parseDuration } from '../duration.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import { createLogger } from '../logger.ts'
import { directoryRecords } from '../simulator/directory-records.ts'
import { createLiveOrg } from '../simulator/live-org.ts'
import { mergeByTime } from '../simulator/merge.ts'
import { findScenario, scenarioCatalog } from '../simulator/scenarios/catalog.ts'
import type { ConnectedApp } from '../simulator/server/oauth.ts'
import { startOfDay } from '../simulator/traffic/calendar.ts'
import { generateTraffic } from '../simulator/traffic/generate.ts'
import { orgAt } from '../simulator/traffic/lives/org-at.ts'
import { createOrg, type OrgSize } from '../simulator/traffic/org.ts'
import { writeTraffic } from '../simulator/traffic-file.ts'
import { type CommandContext, parsePort, parseWholeNumber } from './command-context.ts'

type Attack = { readonly name: string; readonly offset: number | undefined }

type SimulateOptions = {
  readonly host: string
  readonly port: number
  readonly size: OrgSize
  readonly seed: string
  readonly history: number
  readonly speed: number
  readonly accelerated: number
  readonly attack: readonly Attack[]
  readonly clientId: string
  readonly clientSecret?: string
  readonly certificate?: string
  readonly username: string
  readonly output?: string
  readonly days: number
  readonly from?: number
  readonly json?: true
}

/** `forcewatch simulate` */
export function registerSimulate(program: Command, context: CommandContext): void {
  program
    .command('simulate')
    .description(
      'A Salesforce org to try Forcewatch on: OAuth, CometD and REST, with people at work and attacks.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes any free one', parsePort, 8443)
    .addOption(new Option('--size <size>', 'size of the org').choices(['small', 'medium']).default('small'))
    .option('--seed <text>', 'everything that happens follows from it', 'forcewatch')
    .addOption(
      new Option('--history <duration>', 'past to deliver first, at full speed')
        .default(14 * day, '14d')
        .argParser(parseSpan),
    )
    .option(
      '--speed <factor>',
      'pace after that; 1 is real time. A higher one starts in the past, so as not to pass the clock',
      parseSpeed,
      1,
    )
    .addOption(
      new Option('--accelerated <duration>', 'how long a faster pace lasts; then it goes on in real time')
        .default(hour, '1h')
        .argParser(parseSpan),
    )
    .addOption(
      new Option(
        '--attack <name[@offset]>',
        `play a scenario (${Object.keys(scenarioCatalog).join(', ')}), that long after the start; repeatable`,
      )
        .default([], 'none')
        .argParser(collectAttack),
    )
    .option('--client-id <id>', 'consumer key of the app that may connect', 'forcewatch')
    .option('--client-secret <secret>', 'its secret; default: a random one, unless a certificate is given')
    .option('--certificate <file>', 'its certificate or public key (PEM), for the JWT bearer flow')
    .option('--username <name>', 'its user', 'forcewatch@acme.example')
    .option(
      '--output <file>',
      'write the users and events to a file (- is standard output), one a line, instead of serving them',
    )
    .option('--days <number>', 'with --output: number of days', parseWholeNumber, 14)
    .option(
      '--from <date>',
      'with --output: first day (UTC); default: so that the last one is yesterday',
      parseDate,
    )
    .option('--json', 'print how to connect as one JSON object')
    .action((options: SimulateOptions) =>
      options.output === undefined ? serve(options, context) : writeFile(options, options.output),
    )
}

async function serve(options: SimulateOptions, { scrubber }: CommandContext): Promise<void> {
  const app = await toApp(options)
  const logger = createLogger({ level: 'info', format: 'text' }, scrubber)
  const { host, port, seed, size, history, speed, accelerated } = options
  const attacks = options.attack.map(({ name, offset = 0 }) => ({ name, offset }))
  const org = createLiveOrg({
    clock: systemClock,
    logger,
    seed,
    size,
    host,
    port,
    history,
    speed,
    accelerated,
    attacks,
    connectedApps: [app],
  })
  const { url } = await org.start()
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...toConnection(url, app), live_from: new Date(org.player.liveFrom).toISOString() })}\n`
      : describeConnection(url, app),
  )
  await interrupted()
  await org.stop()
}

async function writeFile(options: SimulateOptions, file: string): Promise<void> {
  const { seed, size, days } = options
  const from = options.from ?? startOfDay(systemClock.now()) - days * day
  const org = createOrg({ seed, size })
  const normal = generateTraffic({ org, seed, from, to: from + days * day })
  const usualOffset = Math.max(0, days - 1) * day + 14 * hour + 5 * minute
  const attacks = options.attack.map(({ name, offset = usualOffset }) =>
    findScenario(name)(org, from + offset, seed),
  )
  const output = file === '-' ? process.stdout : createWriteStream(file)
  try {
    for (const line of directoryRecords(orgAt(org, from).users, from)) output.write(`${line}\n`)
    const events = await writeTraffic(mergeByTime([normal, ...attacks]), output, seed)
    if (file === '-') return
    output.end()
    await finished(output)
    if (options.json) process.stdout.write(`${JSON.stringify({ file, events })}\n`)
  } catch (error) {
    // A reader such as `head` that has seen enough is no error.
    if (file === '-' && error instanceof Error && 'code' in error && error.code === 'EPIPE') return
    throw new ForcewatchError('USAGE', `cannot write ${file}: ${messageOf(error)}`, {
      remedy: 'Give --output a path that can be written to.',
      cause: error,
    })
  }
}

async function toApp(options: SimulateOptions): Promise<ConnectedApp> {
  const { clientId, username } = options
  if (options.certificate === undefined)
    return { clientId, username, clientSecret: options.clientSecret ?? randomBytes(24).toString('base64url') }
  return {
    clientId,
    username,
    certificate: await readCertificate(options.certificate),
    ...(options.clientSecret === undefined ? {} : { clientSecret: options.clientSecret }),
  }
}

async function readCertificate(file: string): Promise<string> {
  try {
    const certificate = await readFile(file, 'utf8')
    createPublicKey(certificate)
    return certificate
  } catch (error) {
    throw new ForcewatchError('USAGE', `cannot read the certificate ${file}: ${messageOf(error)}`, {
      remedy: 'Give --certificate a PEM file: an X.509 certificate or a public key.',
      cause: error,
    })
  }
}

function toConnection(url: string, app: ConnectedApp) {
  return {
    login_url: url,
    client_id: app.clientId,
    username: app.username,
    ...(app.clientSecret === undefined ? {} : { client_secret: app.clientSecret }),
    flows: [
      ...(app.certificate ? ['jwt'] : []),
      ...(app.clientSecret === undefined ? [] : ['client_credentials']),
    ],
  }
}

function describeConnection(url: string, app: ConnectedApp): string {
  const auth =
    app.clientSecret === undefined
      ? `      flow: jwt\n      client_id: ${app.clientId}\n      username: ${app.username}\n      private_key_file: the key of your certificate\n`
      : `      flow: client_credentials\n      client_id: ${app.clientId}\n      client_secret: ${app.clientSecret}\n`
  return (
    `A simulated Salesforce org answers at ${url}. In forcewatch.yaml:\n\n` +
    `orgs:\n  - name: simulated\n    login_url: ${url}\n    auth:\n${auth}\n` +
    'History is delivered when a client has subscribed. To start an attack:\n' +
    `  curl -X POST ${url}/simulator/attacks/S1\n\nCtrl-C ends it.\n`
  )
}

/** Resolves on SIGINT or SIGTERM, and keeps the process alive until then. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

function parseSpan(text: string): number {
  const span = text === '0' ? 0 : parseDuration(text)
  if (span === undefined) throw new InvalidArgumentError('It must be a duration such as 14d or 90m.')
  return span
}

function parseSpeed(text: string): number {
  const speed = Number(text)
  if (!(speed >= 1 && speed <= 100_000)) throw new InvalidArgumentError('It must be a number from 1.')
  return speed
}

function parseDate(text: string): number {
  const time = Date.parse(`${text}T00:00:00Z`)
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a date such as 2026-11-02.')
  return time
}

function collectAttack(text: string, previous: readonly Attack[]): readonly Attack[] {
  const [name = '', offset] = text.split('@')
  findScenario(name)
  return [...previous, { name, offset: offset === undefined ? undefined : parseSpan(offset) }]
}

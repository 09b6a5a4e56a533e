import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import { type App, createApp, roles } from '../app.ts'
import { systemClock } from '../clock.ts'
import type { ConfigFile } from '../config/schema.ts'
import { second } from '../duration.ts'
import { ForcewatchError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { type CommandContext, openConfig, parsePort, parseWholeNumber } from './command-context.ts'
import { runApp } from './run.ts'

type DemoOptions = { readonly exitAfterAlerts?: number; readonly port: number }

/** What the simulator says about itself with `--json`. */
type Connection = {
  readonly login_url: string
  readonly client_id: string
  readonly client_secret: string
  readonly live_from: string
}

/** `forcewatch demo` */
export function registerDemo(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description('A simulated org under attack and the service that watches it, in a temporary folder.')
    .option('--exit-after-alerts <number>', 'end after so many alerts', parseAlertCount)
    .option('--port <number>', 'port of the page; 0 takes any free one', parsePort, 8086)
    .action(async (options: DemoOptions) => {
      const folder = await mkdtemp(join(tmpdir(), 'forcewatch-demo-'))
      await using simulator = startSimulator()
      try {
        const connection = await simulator.connection()
        const file = join(folder, 'forcewatch.yaml')
        await writeFile(file, JSON.stringify(demoConfig(folder, connection, options), undefined, 2))
        const { config, logger } = openConfig(file, context)
        const app = createApp(config, {
          roles,
          clock: systemClock,
          logger,
          console: { stream: process.stdout, format: 'text', colors: pc.isColorSupported },
        })
        process.exitCode = await watchTheDemo(app, logger, simulator, connection, options)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
}

/** How fast the simulated org lives after its history: attacks of an hour pass in a minute. */
const speed = 60
/** What happens in the org, ms of its own time after the history. */
const attacks = ['S7c@1m', 'S1@2m', 'S5@10m', 'S7a@20m']
const progressInterval = 2 * second

async function watchTheDemo(
  app: App,
  logger: Logger,
  { ended }: Simulator,
  connection: Connection,
  options: DemoOptions,
): Promise<number> {
  say(
    `A simulated Salesforce org answers at ${connection.login_url}; its last two weeks are read first, to learn what is normal.`,
  )
  const enough = Promise.withResolvers<void>()
  const report = createProgressReport(app, Date.parse(connection.live_from))
  const cancel = systemClock.every(progressInterval, () => {
    report().catch((error: unknown) => logger.error({ err: error }, 'the progress cannot be told'))
    if (options.exitAfterAlerts !== undefined && deliveredAlerts(app) >= options.exitAfterAlerts)
      enough.resolve()
  })
  try {
    return await runApp(app, logger, {
      until: Promise.race([enough.promise, ended]),
      onStarted: (url) => say(`The page with the alerts: ${url}   (Ctrl-C ends the demo)\n`),
    })
  } finally {
    cancel()
  }
}

/** Says at each call how far the history has come, and once that it is over. `liveFrom`: event time, ms. */
function createProgressReport(app: App, liveFrom: number): () => Promise<void> {
  let live = false
  return async () => {
    if (live) return
    const { events, time } = await progressOf(app)
    const count = events.toLocaleString('en')
    live = time >= liveFrom
    if (live)
      say(
        `${count} events learned. Now it is live, at ${speed} times the usual pace: attacks begin within seconds.\n`,
      )
    else if (events > 0)
      say(`  ${count} events, up to ${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`)
  }
}

function demoConfig(folder: string, connection: Connection, { port }: DemoOptions): ConfigFile {
  const { login_url, client_id, client_secret, live_from } = connection
  return {
    orgs: [
      {
        name: 'demo',
        login_url,
        auth: { flow: 'client_credentials', client_id, client_secret },
        watch_from: live_from,
      },
    ],
    embedded: { directory: folder },
    receivers: [{ name: 'terminal', console: {} }],
    web: { port },
    logging: { level: 'warn', format: 'text' },
  }
}

type Simulator = {
  connection(): Promise<Connection>
  /** Rejects with what it said last when it ends. */
  readonly ended: Promise<never>
}

/** The simulator in a process of its own, as `forcewatch simulate` starts it. */
function startSimulator(): Simulator & AsyncDisposable {
  const args = ['simulate', '--port', '0', '--size', 'small', '--history', '14d', '--json']
  const pace = ['--speed', String(speed), '--accelerated', '2m']
  const script = process.argv[1] ?? ''
  const child = spawn(
    process.execPath,
    [script, ...args, ...pace, ...attacks.flatMap((attack) => ['--attack', attack])],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
  const closed = once(child, 'close')
  const ended = closed.then((): never => {
    throw new Error(`the simulated org ended by itself; it said last:\n${said}`)
  })
  ended.catch(() => undefined)
  return {
    ended,
    async connection(): Promise<Connection> {
      for await (const line of createInterface(child.stdout)) return JSON.parse(line) as Connection
      throw new ForcewatchError('USAGE', 'the simulated org did not start', {
        remedy: 'Try `forcewatch simulate`, which says why.',
      })
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await closed
    },
  }
}

/** Events that the detectors have seen, and the event time that they have come to (ms). */
async function progressOf({ metrics }: App): Promise<{ events: number; time: number }> {
  const processed = await metrics.records_processed_total.get()
  const newest = await metrics.last_event_timestamp_seconds.get()
  return {
    events: processed.values.find(({ labels }) => labels.stage === 'detect')?.value ?? 0,
    time: 1000 * Math.max(0, ...newest.values.map(({ value }) => value)),
  }
}

function deliveredAlerts({ alerts }: App): number {
  return alerts
    .list({ limit: 1000 })
    .filter(({ history }) => history.some(({ event }) => event === 'delivered')).length
}

function say(text: string): void {
  process.stdout.write(`${pc.dim(text)}\n`)
}

function parseAlertCount(text: string): number {
  const count = parseWholeNumber(text)
  if (count === 0) throw new InvalidArgumentError('It must be a whole number from 1.')
  return count
}

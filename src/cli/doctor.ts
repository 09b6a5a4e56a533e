import type { Command } from 'commander'
import pc from 'picocolors'
import {
  createNotifiers,
  inspectLog,
  inspectStore,
  retention,
  toOrgOptions,
  topicNames,
} from '../adapters.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { examine, type Part } from '../doctor/examine.ts'
import type { Finding, Status } from '../doctor/finding.ts'
import { folderPart } from '../doctor/folder-part.ts'
import { kafkaPart } from '../doctor/kafka-part.ts'
import { orgPart } from '../doctor/org/org-part.ts'
import { receiverPart } from '../doctor/receiver-part.ts'
import { redisPart } from '../doctor/redis-part.ts'
import { exitCodes } from '../errors.ts'
import { createLogger, type Logger } from '../logger.ts'
import { type CommandContext, configOption, openConfig } from './command-context.ts'
import { count } from './print.ts'

type DoctorOptions = {
  readonly config: string
  readonly json?: true
  readonly sendTestMessage?: true
}

/** `forcewatch doctor` */
export function registerDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description(
      'Look at everything the service works with, and say what is wrong and how to mend it. Ends with 1 when anything failed.',
    )
    .option('--send-test-message', 'also send a test message to each receiver, and its end')
    .option('--json', 'one object a line: each finding, then how many there are')
    .addOption(configOption())
    .action((options: DoctorOptions) => diagnose(options, context))
}

async function diagnose(options: DoctorOptions, context: CommandContext): Promise<void> {
  const { config } = openConfig(options.config, context)
  // What goes wrong is a finding; the adapters' own lines would only repeat it.
  const logger = createLogger({ level: 'silent', format: 'text' }, context.scrubber)
  const counts: Record<Status, number> = { ok: 0, warning: 0, failed: 0, skipped: 0 }
  let part = ''
  const write = (text: string) => process.stdout.write(context.scrubber.scrub(text))
  for await (const finding of examine(toParts(config, options, logger), { clock: systemClock })) {
    counts[finding.status]++
    if (options.json) {
      write(`${JSON.stringify(finding)}\n`)
      continue
    }
    if (finding.part !== part) write(`${part === '' ? '' : '\n'}${pc.bold(finding.part)}\n`)
    part = finding.part
    write(format(finding))
  }
  write(
    options.json
      ? `${JSON.stringify({ file: options.config, ok: counts.failed === 0, findings: counts })}\n`
      : summarize(counts),
  )
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
  // A check that was given up may hold the process for long: a file system or a server that hangs.
  process.exit(counts.failed > 0 ? exitCodes.failed : exitCodes.ok)
}

function toParts(config: Config, options: DoctorOptions, logger: Logger): readonly Part[] {
  const ports = { clock: systemClock, logger }
  const { kafka, redis } = config
  const send = options.sendTestMessage === true
  const parts = config.orgs.map((org) => orgPart(toOrgOptions(org), systemClock))
  if (config.log === 'kafka' && kafka) {
    const { partitions, replication } = kafka
    const needs = { topics: topicNames(config), partitions, replication, retention, orgs: config.orgs.length }
    parts.push(kafkaPart(() => inspectLog(config, kafka, ports), needs))
  }
  if (config.store === 'redis' && redis) parts.push(redisPart(() => inspectStore(redis, ports)))
  if (config.log === 'embedded' || config.store === 'embedded')
    parts.push(folderPart(config.embedded.directory))
  for (const notifier of createNotifiers(config, { clock: systemClock })) {
    const routes = config.routes.filter(({ receivers }) => receivers.includes(notifier.receiver)).length
    parts.push(receiverPart(notifier, { send, routes, clock: systemClock }))
  }
  return parts
}

const marks: Readonly<Record<Status, string>> = {
  ok: pc.green('ok      '),
  warning: pc.yellow('warning '),
  failed: pc.red('FAILED  '),
  skipped: pc.dim('skipped '),
}

function format({ status, check, text, items = [], remedy }: Finding): string {
  const lines = [`  ${marks[status]} ${check.padEnd(16)} ${text}`]
  if (items.length > 0) lines.push(`${' '.repeat(28)}${items.join(', ')}`)
  if (remedy) lines.push(`${' '.repeat(28)}→ ${remedy}`)
  return `${lines.join('\n')}\n`
}

function summarize({ ok, warning, failed, skipped }: Readonly<Record<Status, number>>): string {
  const parts = [`${ok} ok`, count(warning, 'warning'), `${failed} failed`]
  return `\n${[...parts, ...(skipped > 0 ? [`${skipped} not checked`] : [])].join(', ')}\n`
}

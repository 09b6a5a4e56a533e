import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { day, hour, minute } from '../../src/duration.ts'
import { createEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { findScenario } from '../../src/simulator/scenarios/catalog.ts'
import { type EventLogFile, writeLogFile } from '../../src/simulator/server/event-log-files.ts'
import { createSimulator } from '../../src/simulator/server/simulator.ts'
import { generateTraffic } from '../../src/simulator/traffic/generate.ts'
import { createOrg } from '../../src/simulator/traffic/org.ts'
import { runForcewatch } from '../support/run-forcewatch.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
const channels = ['/event/LoginEventStream', '/event/ApiEventStream', '/event/ReportEventStream']
const org = createOrg({ seed: 'backfill', size: 'small' })

/** Long enough ago that an attack of hours fits in before now. */
const historyEnd = systemClock.now() - 5 * hour
const today = Math.floor(historyEnd / day) * day
/** API events were stored from here on only; before, there are log files. */
const storedFrom = today - 7 * day

/** One API event in sixteen is enough, and saves the time of the others. */
function isKept(channel: string, { EventIdentifier }: Readonly<Record<string, unknown>>): boolean {
  return channel !== '/event/ApiEventStream' || String(EventIdentifier) < '1'
}

function history() {
  const from = historyEnd - 14 * day
  const events = [...generateTraffic({ org, seed: 'backfill', from, to: historyEnd })]
  return events
    .filter(({ channel, payload }) => channels.includes(channel) && isKept(channel, payload))
    .map(({ channel, payload }) => ({ channel, payload, date: Date.parse(String(payload.EventDate)) }))
}

/** A file a day; the last day as hours, in two parts of which one tells again what the other tells. */
function toLogFiles(events: ReturnType<typeof history>): readonly EventLogFile[] {
  const files: EventLogFile[] = []
  for (let logDate = today - 15 * day; logDate < storedFrom - day; logDate += day) {
    const about = {
      eventType: 'RestApi',
      interval: 'Daily',
      logDate,
      sequence: 1,
      created: logDate + 2 * day,
    } as const
    files.push(writeLogFile(events, about))
    // Replaced by what came later: the first one lacks half.
    files.push(
      writeLogFile(events.slice(0, events.length / 4), { ...about, sequence: 0, created: logDate + day }),
    )
  }
  for (let logDate = storedFrom - day; logDate < storedFrom; logDate += hour) {
    const about = { eventType: 'RestApi', interval: 'Hourly', logDate, created: logDate + 5 * hour } as const
    for (const sequence of [1, 2]) files.push(writeLogFile(events, { ...about, sequence }))
  }
  return files
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(50)
}

test('two weeks are filled in, also when it is killed in between, and an attack is found on the first day', {
  timeout: 300_000,
}, async () => {
  using folder = temporaryFolder()
  const events = history()
  const isFiled = ({ channel, date }: (typeof events)[number]) =>
    channel === '/event/ApiEventStream' && date < storedFrom
  await using simulator = await startOrg(
    events.filter((event) => !isFiled(event)),
    toLogFiles(events.filter(isFiled)),
  )
  const file = folder.write(
    'forcewatch.yaml',
    JSON.stringify({
      orgs: [
        {
          name: 'acme',
          login_url: simulator.url,
          auth: { flow: 'client_credentials', client_id: 'app', client_secret: 'hush-hush' },
          channels,
          directory: { enabled: false },
        },
      ],
      embedded: { directory: './data' },
      web: { port: 0 },
      checkpoint: { interval: '500ms' },
    }),
  )
  const args = ['backfill', '--days', '14', '--config', file]
  const log = createEmbeddedLog({ file: join(folder.path, 'data', 'log.db'), clock: systemClock, logger })
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const begun = systemClock.now()
  const killed = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
  await until(async () => ((await log.offsets('forcewatch.events'))[0]?.next ?? 0) > events.length / 4)
  killed.kill('SIGKILL')
  await new Promise((resolve) => killed.once('exit', resolve))

  const resumed = await runForcewatch(args)
  expect(resumed).toMatchObject({ code: 0 })
  expect(resumed.stdout).toMatch(/^acme: filled .* events, \d+ API requests\n/)

  const records = await readAll(log)
  const payloads = records.map(({ value }) => JSON.parse(value.toString()).data.payload)
  const ids = new Set<string>(payloads.map(({ EventIdentifier }) => EventIdentifier))
  const inRange = events.filter(({ date }) => date >= begun - 14 * day + minute)
  for (const event of inRange.filter((candidate) => !isFiled(candidate)))
    expect(ids.has(String(event.payload.EventIdentifier))).toBe(true)
  const filed = [...ids].filter((id) => id.startsWith('elf-')).length
  const expected = inRange.filter(isFiled).length
  expect(filed).toBeGreaterThan(0.99 * expected)
  expect(filed).toBeLessThanOrEqual(events.filter(isFiled).length)
  expect(new Set(records.map(({ headers }) => headers.origin))).toEqual(new Set(['backfill']))
  // Oldest first over all kinds, except where it was resumed.
  const times = payloads.map(({ EventDate }) => Date.parse(EventDate))
  expect(times.filter((time, index) => index > 0 && time < times[index - 1]!).length).toBeLessThanOrEqual(1)
  await log.close()

  const notified: string[] = []
  const console = new Writable({
    write(chunk, _encoding, done) {
      notified.push(String(chunk))
      done()
    },
  })
  const app = createApp(loadConfig(file, { env: {} }), {
    roles: ['ingest', 'detect', 'alert'],
    clock: systemClock,
    logger,
    console: { stream: console, format: 'json', colors: false },
  })
  await app.start()
  try {
    await until(async () => {
      const { values } = await app.metrics.records_processed_total.get()
      return (values.find(({ labels }) => labels.stage === 'detect')?.value ?? 0) >= records.length
    })
    await until(() => simulator.sessions().length > 0)
    expect(notified).toEqual([])
    for (const { channel, payload } of findScenario('S5')(org, historyEnd + 10 * minute, 'backfill'))
      if (channels.includes(channel) && Date.parse(String(payload.EventDate)) < systemClock.now())
        simulator.publish(channel, payload)
    await until(() => notified.length > 0)
    // Nothing is new for somebody who is not known for days.
    expect(notified[0]).toContain('"New":"first seen for this user: network')
    // What was filled in is what is usual, and nobody is told of it.
    const warm = /"detector":"bulk-export".*"Baseline":"1[23] days of its own/
    await until(() => notified.some((line) => warm.test(line)))
    for (const line of notified) expect(Date.parse(JSON.parse(line).time)).toBeGreaterThan(historyEnd)
  } finally {
    await app.stop()
  }
})

async function startOrg(stored: ReturnType<typeof history>, logFiles: readonly EventLogFile[]) {
  const simulator = createSimulator({
    clock: systemClock,
    logger,
    seed: 'backfill',
    org: org.identity,
    users: org.users,
    connectedApps: [{ clientId: 'app', clientSecret: 'hush-hush', username: 'ingest@acme.example' }],
    storage: { perObject: Number.POSITIVE_INFINITY },
    logFiles,
  })
  for (const { channel, payload } of stored) simulator.keep(channel, payload)
  const { url } = await simulator.start()
  return { ...simulator, url, [Symbol.asyncDispose]: () => simulator.stop() }
}

async function readAll(log: ReturnType<typeof createEmbeddedLog>): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log.read({ topic: 'forcewatch.events', partition: 0 }, 0)) records.push(record)
  return records
}

import { hour, minute, second } from '../../duration.ts'
import { recordBulkQuery, recordBulkResult, recordQuery } from './api.ts'
import { busyness, officeIntensity, startOfDay, weekdayOf } from './calendar.ts'
import { unknownDevice } from './devices.ts'
import type { Integration } from './integration.ts'
import type { Spells } from './lives/chance.ts'
import type { OrgToday, ProgramToday } from './lives/lives.ts'
import { withOutages } from './lives/outages.ts'
import { recordLogin } from './login.ts'
import type { Machine, Routine, Task } from './machine.ts'
import type { SimulatedEvent } from './payload.ts'
import type { Recorder, Session } from './recorder.ts'

/** One machine for each integration of the org as it is on one day. */
export function createMachines({ programs, trial }: OrgToday, recorder: Recorder): readonly Machine[] {
  const create = ({ integration, outages }: ProgramToday) => {
    const connection = createConnection(integration, recorder)
    const routine = routines[integration.kind](integration, recorder, connection, outages)
    return withOutages(integration.kind, routine, outages)
  }
  return [...programs, ...(trial ? [{ ...trial, outages: () => undefined }] : [])].map(create)
}

type Connection = {
  /** The session in use, and the login before it when the last one is two hours old. */
  use(time: number): { readonly session: Session; readonly events: readonly SimulatedEvent[] }
}

type RoutineOf = (
  integration: Integration,
  recorder: Recorder,
  connection: Connection,
  outages: Spells,
) => Routine

const europe = hour

const routines: Readonly<Record<Integration['kind'], RoutineOf>> = {
  poller: createPoller,
  chat: createChat,
  'nightly-load': createNightlyLoad,
  bi: createBi,
  backup: createBackup,
  connector: createConnector,
  trial: createTrial,
}

function createConnection(integration: Integration, recorder: Recorder): Connection {
  let session: Session | undefined
  let opened = Number.NEGATIVE_INFINITY
  return {
    use(time) {
      if (session && time - opened < 2 * hour) return { session, events: [] }
      opened = time
      const origin = recorder.random.pick(integration.origins)
      session = recorder.openSession(integration, origin, unknownDevice, integration.application)
      const kind = integration.apiType === 'SOAP Partner' ? 'soap' : 'refresh'
      return { session, events: [recordLogin(recorder, time - second, session, { kind })] }
    },
  }
}

/** Asks for what has changed, every five minutes round the clock; there is more to fetch while people work, and after an outage. */
function createPoller(
  integration: Integration,
  recorder: Recorder,
  connection: Connection,
  outages: Spells,
): Routine {
  const { random } = recorder
  const query = toQuery(integration)
  return {
    plan(from, to) {
      const tasks: Task[] = []
      for (const tick of ticks(from, to, 5 * minute, integration.phase)) {
        const busy = busyness(tick) * officeIntensity(tick, europe)
        const missed = outages(tick - 5 * minute)
        const periods = missed ? (missed.until - missed.since) / (5 * minute) : 1
        const queries = random.poisson(integration.load)
        for (let number = 0; number < queries; number++) {
          const time = tick + random.integer(40_000)
          const entity = random.pick(integration.objects)
          const rows = random.poisson((1 + 6 * busy) * periods)
          tasks.push({
            time,
            run: (at) => ask(recorder, connection, at, query(entity, rows, 'WHERE LastModifiedDate > :last')),
          })
        }
      }
      return tasks
    },
  }
}

/** A vendor's chat: calls come round the clock with the customers' questions, each for a few rows. */
function createChat(integration: Integration, recorder: Recorder, connection: Connection): Routine {
  const { random } = recorder
  const query = toQuery(integration)
  return {
    plan(from, to) {
      const calls = random.poisson((integration.load * (to - from)) / (24 * hour))
      return Array.from({ length: calls }, () => {
        const time = from + random.integer(to - from)
        const entity = random.pick(integration.objects)
        const asked = query(entity, random.poisson(12), `WHERE AccountId = '${recorder.id('001')}'`)
        return { time, run: (at) => ask(recorder, connection, at, asked) }
      })
    },
  }
}

/** The warehouse's load between 01:00 and 03:30 UTC: forty objects by Bulk, on Sundays eight times the rows. */
function createNightlyLoad(integration: Integration, recorder: Recorder, connection: Connection): Routine {
  const { random } = recorder
  return {
    plan(from, to) {
      const dayStart = startOfDay(from)
      const weekly = weekdayOf(dayStart) === 0 ? 8 : 1
      const spacing = (2.4 * hour) / integration.objects.length
      return integration.objects.flatMap((entity, index) => {
        const time = dayStart + hour + index * spacing + random.integer(minute)
        if (time < from || time >= to) return []
        const rows = Math.round(random.logNormal(60_000 / (1 + index / 3), 0.25) * integration.load * weekly)
        const text = `SELECT FIELDS(ALL) FROM ${entity} WHERE SystemModstamp > YESTERDAY`
        const parts = Math.max(1, Math.round((7.5 * integration.load * 40) / integration.objects.length))
        return [{ time, run: (at) => recordBulkJob(recorder, connection, at, { text, entity, rows, parts }) }]
      })
    },
  }
}

/** Hourly from 06 to 20 UTC: a dozen queries of some thousand rows each. */
function createBi(integration: Integration, recorder: Recorder, connection: Connection): Routine {
  const { random } = recorder
  const query = toQuery(integration)
  return {
    plan(from, to) {
      return ticks(from, to, hour, integration.phase).flatMap((tick) => {
        const hourOfDay = new Date(tick).getUTCHours()
        if (hourOfDay < 6 || hourOfDay > 20) return []
        return Array.from({ length: Math.max(1, random.poisson(integration.load)) }, (_, number) => {
          const time = tick + number * 40 * second
          const entity = integration.objects[number % integration.objects.length] ?? 'Account'
          const asked = query(
            entity,
            Math.round(random.logNormal(14_000, 0.5)),
            'WHERE CreatedDate = THIS_YEAR',
          )
          return { time, run: (at) => ask(recorder, connection, at, asked) }
        })
      })
    },
  }
}

/** Once a day everything is copied, object after object, by long series of pages. */
function createBackup(integration: Integration, recorder: Recorder, connection: Connection): Routine {
  const { random } = recorder
  const query = toQuery(integration)
  return {
    plan(from, to) {
      const start = startOfDay(from) + integration.phase
      return integration.objects.flatMap((entity, index) => {
        const time = start + index * minute
        if (time < from || time >= to) return []
        const rows = Math.round(random.logNormal(300_000 / (1 + index), 0.05) * integration.load)
        return [{ time, run: (at) => ask(recorder, connection, at, query(entity, rows, '')) }]
      })
    },
  }
}

/** Spreadsheets that refresh from the org while the office is open. */
function createConnector(integration: Integration, recorder: Recorder, connection: Connection): Routine {
  const { random } = recorder
  const query = toQuery(integration)
  return {
    plan(from, to) {
      const intensity = officeIntensity(from, europe) * busyness(from)
      const calls = random.poisson((integration.load * intensity * (to - from)) / (24 * hour))
      return Array.from({ length: calls }, () => {
        const time = from + random.integer(to - from)
        const rows = Math.round(random.logNormal(25, 1))
        const asked = query(random.pick(integration.objects), rows, 'WHERE OwnerId = :me')
        return { time, run: (at) => ask(recorder, connection, at, asked) }
      })
    },
  }
}

/** A tool on trial reads a good part of the org on its first morning, then hourly what is new. */
function createTrial(integration: Integration, recorder: Recorder, connection: Connection): Routine {
  const { random } = recorder
  const query = toQuery(integration)
  const { since = 0 } = integration
  return {
    plan(from, to) {
      const tasks: Task[] = []
      const plan = (time: number, entity: string, rows: number, condition: string) => {
        const asked = query(entity, Math.round(rows), condition)
        tasks.push({ time, run: (at) => ask(recorder, connection, at, asked) })
      }
      if (since >= from && since < to)
        for (const [index, entity] of integration.objects.entries())
          plan(since + index * 3 * minute, entity, random.logNormal(6_000, 1), '')
      for (const tick of ticks(from, to, hour, integration.phase))
        for (let left = tick > since ? random.poisson(integration.load) : 0; left > 0; left--)
          plan(
            tick + random.integer(minute),
            random.pick(integration.objects),
            random.logNormal(30, 1),
            'WHERE LastModifiedDate > :last',
          )
      return tasks
    },
  }
}

type Asked = Parameters<typeof recordQuery>[3]

function ask(
  recorder: Recorder,
  connection: Connection,
  time: number,
  asked: Asked,
): readonly SimulatedEvent[] {
  const { session, events } = connection.use(time)
  return [...events, ...recordQuery(recorder, time, session, asked)]
}

function toQuery(integration: Integration) {
  const { apiType, apiVersion, userAgent, client } = integration
  return (entity: string, rows: number, condition: string): Asked => ({
    query: `SELECT Id, Name, CreatedDate, LastModifiedDate FROM ${entity} ${condition}`.trimEnd(),
    entity,
    rows,
    apiType,
    apiVersion,
    userAgent,
    client,
  })
}

/** A Bulk query and how its result is fetched. */
export type BulkJob = {
  readonly text: string
  readonly entity: string
  readonly rows: number
  readonly parts: number
}

function recordBulkJob(
  recorder: Recorder,
  connection: Connection,
  time: number,
  job: BulkJob,
): readonly SimulatedEvent[] {
  const { session, events } = connection.use(time)
  const downloads = Array.from({ length: job.parts }, (_, part) =>
    recordBulkResult(recorder, time + 40 * second + part * 4 * second, session, job.text),
  )
  return [
    ...events,
    recordBulkQuery(recorder, time + 20 * second, session, job.text, job.entity, job.rows),
    ...downloads,
  ]
}

/** The multiples of `step` plus `phase` in [from, to). */
function ticks(from: number, to: number, step: number, phase: number): readonly number[] {
  const first = Math.ceil((from - phase) / step) * step + phase
  const list: number[] = []
  for (let tick = first; tick < to; tick += step) list.push(tick)
  return list
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../clock.ts'
import { hour, minute, second } from '../../duration.ts'
import { ForcewatchError, messageOf } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { createRandom } from '../random.ts'
import { toSalesforceId } from '../salesforce-id.ts'
import type { BayeuxCounters, SessionSummary } from './bayeux.ts'
import type { Timing } from './bayeux-session.ts'
import { isKnownChannel } from './channels.ts'
import { createConduct } from './conduct.ts'
import { createEventBus, type Retention } from './event-bus.ts'
import type { EventLogFile } from './event-log-files.ts'
import { createEventStorage, type StorageOptions } from './event-storage.ts'
import { createFaults, type Faults } from './faults/faults.ts'
import { type ConnectedApp, createTokenIssuer } from './oauth.ts'
import type { OrgApp } from './org-apps.ts'
import { defaultSetup, type OrgSetup } from './org-setup.ts'
import type { OrgUser } from './org-user.ts'
import { createRequestHandler, type RequestCounters } from './request-handler.ts'
import { type CustomChannels, createRest, type OrgIdentity } from './rest.ts'
import { createBayeux } from './session-keeper.ts'

export type SimulatorOptions = {
  readonly clock: Clock
  readonly logger: Logger
  /** Everything that looks like chance (ids, gaps, sizes of batches) follows from it. */
  readonly seed: string
  readonly org?: OrgIdentity
  /** Users that the org knows beside the apps' own; read at every request, so that they may change. */
  readonly users?: readonly OrgUser[]
  /** Columns and tables that REST does not show, such as `User.Department`, `UserRole` or `User`. */
  readonly hidden?: readonly string[]
  /** How the org is set up; read at every request, so that it may change. As it should be where absent. */
  readonly setup?: Partial<OrgSetup>
  /** Apps that can get at its data; read at every request too. None where absent. */
  readonly apps?: readonly OrgApp[]
  readonly host?: string
  /** 0 (the default) takes any free port. */
  readonly port?: number
  readonly connectedApps: readonly ConnectedApp[]
  readonly retention?: Partial<Retention>
  readonly timing?: Partial<Timing>
  /** Event log files of the org; read at every request. */
  readonly logFiles?: readonly EventLogFile[]
  /** How events are kept in storage objects. */
  readonly storage?: Partial<StorageOptions>
  /** Most events in one answer. */
  readonly largestBatch?: number
  /** CometD sessions at a time. */
  readonly concurrentClients?: number
  /** Custom channels with the channels whose events they bring, too. */
  readonly customChannels?: CustomChannels
  /** Whether the org has a channel; default: every monitoring channel, `…__e` and `…__chn`. */
  readonly hasChannel?: (channel: string) => boolean
  /** Serves `POST /simulator/attacks/NAME`; throws a ForcewatchError for a name it does not know. */
  readonly onAttack?: (name: string) => unknown
}

/** A Salesforce org in one process: token endpoint, CometD and a little REST on plain HTTP. */
export interface Simulator {
  start(): Promise<{ readonly url: string }>
  /** Closes every connection and session. The kept events stay: it may be started again. */
  stop(): Promise<void>
  /**
   * Puts an event on the bus of the org. `EventDate` (default: now) and `CreatedDate` are filled in when the payload does not
   * bring them; missing fields are not.
   */
  publish(channel: string, payload: Record<string, unknown>, options?: { readonly eventDate?: Date }): void
  /** Keeps an event in its storage object without streaming it, as if it had happened before anybody listened. */
  keep(channel: string, payload: Readonly<Record<string, unknown>>): void
  readonly faults: Pick<Faults, 'inject' | 'clear' | 'areOver'>
  sessions(): readonly SessionSummary[]
  /** TCP connections that are open now. */
  connections(): Promise<number>
  /** What clients did that a strict server would not have put up with, in words. */
  offences(): readonly string[]
  /** When handshakes came, whatever was answered, by the monotonic clock, ms. */
  handshakes(): readonly number[]
  /** Requests so far, by kind. */
  requests(): Readonly<BayeuxCounters & RequestCounters>
  /** Resolves when a client with subscriptions asks for events, and for any such client at most `backlog` wait (any number when absent). */
  ready(backlog?: number): Promise<void>
  readonly org: OrgIdentity
}

const defaultTiming: Timing = { hold: 110 * second, reaper: 40 * second, sessionEnd: 3 * hour }
const defaultRetention: Retention = { age: 72 * hour, perChannel: 20_000 }

/** A simulated org that waits to be started. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { clock, logger } = options
  const random = createRandom(options.seed)
  const org = options.org ?? { id: toSalesforceId('00D', 7_001), name: 'Simulated Org' }
  let url = ''

  const conduct = createConduct(clock)
  let cancelReturn: () => void = () => undefined

  const bus = createEventBus({
    clock,
    random: random.fork('bus'),
    retention: { ...defaultRetention, ...options.retention },
  })
  const tokens = createTokenIssuer({
    clock,
    random: random.fork('oauth'),
    orgId: org.id,
    apps: options.connectedApps,
    userIdOf: (username) =>
      collectUsers(options).find((user) => user.username === username)?.id ?? toSalesforceId('005', 1),
  })
  const bayeux = createBayeux({
    clock,
    random: random.fork('bayeux'),
    bus,
    timing: { ...defaultTiming, ...options.timing },
    faults: () => faults,
    conduct,
    largestBatch: options.largestBatch ?? 1000,
    concurrentClients: options.concurrentClients ?? 2000,
    hasChannel: options.hasChannel ?? isKnownChannel,
  })
  const faults: Faults = createFaults(
    {
      dropSessions: () => bayeux.dropSessions(),
      muteSessions: () => bayeux.muteSessions(),
      refuseConnections(lasts) {
        const { port } = new URL(url)
        server.close()
        server.closeAllConnections()
        cancelReturn = clock.after(lasts, () => server.listen(Number(port), options.host ?? '127.0.0.1'))
      },
      closeConnections: () => server.closeAllConnections(),
      revokeTokens() {
        tokens.revokeAll()
        bayeux.poke()
      },
      resetStream: () => bus.reset(),
    },
    clock,
    (moment) => {
      if (moment === '/meta/connect' || moment === 'request') bayeux.poke()
    },
  )
  const storage = createEventStorage(clock, {
    isStored: (object) => ({ ...defaultSetup, ...options.setup }).switches[object] !== false,
    ...options.storage,
  })
  const rest = createRest({
    org,
    users: () => collectUsers(options),
    storage,
    setup: () => ({ ...defaultSetup, ...options.setup }),
    apps: () => options.apps ?? [],
    logFiles: () => options.logFiles ?? [],
    customChannels: options.customChannels ?? {},
    hidden: options.hidden,
  })
  const { serve, counters } = createRequestHandler({
    clock,
    tokens,
    bayeux,
    faults,
    conduct,
    rest,
    url: () => url,
    onAttack: options.onAttack,
  })
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      logger.warn({ path: request.url, reason: messageOf(error) }, 'the simulator could not answer')
      response.destroy()
    })
  })
  server.keepAliveTimeout = 2 * minute

  return {
    org,
    async start() {
      const { port } = await listen()
      url = `http://${options.host ?? '127.0.0.1'}:${port}`
      logger.info({ url, org: org.id }, 'the simulated org answers')
      return { url }
    },
    async stop() {
      cancelReturn()
      bayeux.dropSessions()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    publish(channel, payload, { eventDate } = {}) {
      const now = new Date(clock.now()).toISOString()
      const event = {
        CreatedDate: now,
        ...payload,
        EventDate: eventDate?.toISOString() ?? payload.EventDate ?? now,
      }
      storage.keep(channel, event)
      if (faults.take('publish', { channel: '/meta/publish', subscription: channel })) return
      bus.publish(channel, event)
      for (const [custom, members] of Object.entries(options.customChannels ?? {}))
        if (members.includes(channel)) bus.publish(custom, event, channel.slice('/event/'.length))
    },
    keep: (channel, payload) => storage.keep(channel, payload),
    faults,
    sessions: () => bayeux.sessions(),
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    offences: () => conduct.offences(),
    handshakes: () => conduct.handshakes(),
    requests: () => ({ ...bayeux.counters, ...counters }),
    ready: (backlog = Number.POSITIVE_INFINITY) => bayeux.ready(backlog),
  }

  function listen(): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          new ForcewatchError(
            'USAGE',
            `The simulator cannot listen on port ${options.port ?? 0}: ${error.message}`,
            {
              remedy: 'Choose another port with --port, or 0 for any free one.',
              cause: error,
            },
          ),
        ),
      )
      server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () =>
        resolve(server.address() as AddressInfo),
      )
    })
  }
}

/** The given users and one for each app's username that is not among them. */
function collectUsers({ users = [], connectedApps }: SimulatorOptions): readonly OrgUser[] {
  const missing = [...new Set(connectedApps.map(({ username }) => username))].filter(
    (username) => !users.some((user) => user.username === username),
  )
  const added = missing.map((username, index) => ({
    id: toSalesforceId('005', 900_000 + index),
    username,
    name: username,
    userType: 'Standard',
    profile: 'Minimum Access - API Only Integrations',
  }))
  return [...users, ...added]
}

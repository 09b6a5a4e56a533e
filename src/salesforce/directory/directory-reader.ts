import type { Clock } from '../../clock.ts'
import { day, minute, second } from '../../duration.ts'
import { hasCode } from '../../errors.ts'
import type { Log, NewRecord } from '../../log/log.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import { retrying } from '../../retrying.ts'
import type { Token } from '../auth.ts'
import { createOrgApi } from '../org-api.ts'
import type { DirectoryState } from './directory-state.ts'
import { appFact, type Fact, goneApps, orgFact, toFactRecord } from './facts.ts'
import { readApps } from './read-apps.ts'
import { readOrg } from './read-org.ts'
import { type ReadProblem, readUsers, toReadProblem, type User } from './read-users.ts'
import { findGaps, remedies } from './visibility.ts'

export type DirectoryReaderOptions = {
  readonly org: string
  readonly apiVersion: string
  /** How often it is read, ms. */
  readonly interval: number
  readonly log: Log
  readonly topic: string
  readonly state: DirectoryState
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Everybody is read once a day: the name of a profile or role may change without any change of its users. */
const fullEvery = day
/** An org that is watched for the first time waits so long for its directory, so that its first events have people, ms. */
const firstPatience = 10 * second
/** When a reading that failed is repeated, if that is sooner than the next one, ms. */
const retryAfter = { token: 15 * second, failed: minute, denied: Number.POSITIVE_INFINITY } as const
/** Records in one append: Kafka takes a megabyte. */
const recordsAtOnce = 500

/**
 * Reads what an org says about itself, which apps can get at it and who its users are, and appends a record for each that
 * is new or has changed. Whatever goes wrong is said and tried
 * again; the stream of events does not depend on it.
 */
export class DirectoryReader {
  readonly #options: DirectoryReaderOptions
  readonly #hidden = new Set<string>()
  readonly #token = Promise.withResolvers<void>()
  readonly #first = Promise.withResolvers<void>()
  #newestToken: Token | undefined
  /** What was warned of last: the same is not said every hour. */
  #warned = ''
  /** What the user may not see, and what was said about it. */
  readonly #unseen = new Map<string, string>()

  constructor(options: DirectoryReaderOptions) {
    this.#options = options
  }

  /** Takes the token that the stream got, and returns when the directory is known or has kept us waiting for long enough. */
  async use(token: Token, signal: AbortSignal): Promise<void> {
    this.#newestToken = token
    this.#token.resolve()
    const { state, clock } = this.#options
    if (state.readAll !== undefined) return
    const done = new AbortController()
    const patience = clock.sleep(firstPatience, AbortSignal.any([signal, done.signal]))
    await Promise.race([this.#first.promise, patience])
    done.abort()
  }

  /** Reads again and again until the signal aborts. @throws FENCED when another process has taken over */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, interval } = this.#options
    const leave = () => this.#token.resolve()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    await this.#token.promise
    while (!signal.aborted && this.#newestToken) {
      const problem = await this.#read(this.#newestToken, signal)
      this.#first.resolve()
      const pause = problem ? Math.min(interval, retryAfter[problem.kind]) : interval
      await clock.sleep(pause, signal)
    }
    signal.removeEventListener('abort', leave)
  }

  async #read(token: Token, signal: AbortSignal): Promise<ReadProblem | undefined> {
    const { org, metrics, state, clock } = this.#options
    try {
      await this.#readFacts(token, signal)
      const seen = await this.#readOnce(token, signal)
      this.#judge(seen)
      metrics.directory_users.set({ org }, state.size)
      metrics.directory_last_read_timestamp_seconds.set({ org }, clock.now() / 1000)
      return undefined
    } catch (error) {
      if (hasCode(error, 'FENCED')) throw error
      if (signal.aborted) return undefined
      const problem = toReadProblem(error)
      metrics.directory_reads_total.inc({ org, outcome: problem.kind })
      this.#warn(problem.text, problem.kind === 'denied' ? remedies.denied : remedies.failed)
      return problem
    }
  }

  /** The org itself comes first: its time zone decides how everything after it is learned. */
  async #readFacts(token: Token, signal: AbortSignal): Promise<void> {
    const { state, apiVersion, clock } = this.#options
    const api = createOrgApi({ token, apiVersion, clock, signal })
    const now = clock.now()
    const apps = await this.#unlessDenied('connected apps', () => readApps(api, token.userId))
    const org = await this.#unlessDenied('edition, time zone and limits', () => readOrg(api))
    const facts = [
      ...(org ? [orgFact(org, apps)] : []),
      ...(apps ? [...apps.apps.map(appFact), ...goneApps(state.factNames, apps)] : []),
    ].filter((fact) => state.isNewFact(fact, now))
    for (const chunk of chunksOf(facts)) await this.#appendFacts(chunk, token, now, signal)
  }

  /** Undefined when the user may not see it, which is said once; nothing else depends on it. */
  async #unlessDenied<T>(what: string, read: () => Promise<T>): Promise<T | undefined> {
    const { org, logger } = this.#options
    try {
      const seen = await read()
      this.#unseen.delete(what)
      return seen
    } catch (error) {
      const { kind, text } = toReadProblem(error)
      if (kind !== 'denied') throw error
      if (this.#unseen.get(what) !== text)
        logger.warn({ org, remedy: remedies.facts }, `the ${what} of the org cannot be read: ${text}`)
      this.#unseen.set(what, text)
      return undefined
    }
  }

  async #appendFacts(facts: readonly Fact[], token: Token, now: number, signal: AbortSignal): Promise<void> {
    const { log, topic, state, org, metrics } = this.#options
    const records = facts.map((fact) => toFactRecord(fact, token.orgId, org, now))
    await this.#insist(() => log.append(topic, records), signal)
    await this.#insist(() => state.factsSent(facts, now), signal)
    metrics.directory_records_total.inc({ org }, facts.length)
  }

  /** Answers whom it saw when it read everybody, else undefined. */
  async #readOnce(token: Token, signal: AbortSignal): Promise<readonly User[] | undefined> {
    const { state, apiVersion, clock } = this.#options
    const now = clock.now()
    const everybody = state.readAll === undefined || now - state.readAll >= fullEvery
    const since = everybody ? undefined : state.newest
    // What was hidden yesterday may have been permitted since.
    if (everybody) this.#hidden.clear()
    let { newest } = state
    const sample: User[] = []
    const hidden = this.#hidden
    const pages = readUsers({ token, apiVersion, hidden, clock, signal, ...(since && { since }) })
    for await (const users of pages) {
      for (const chunk of chunksOf(users.filter((user) => state.isNews(user, now))))
        await this.#append(chunk, token, now, signal)
      newest = users.findLast(({ modified }) => modified !== null)?.modified ?? newest
      if (sample.length < 2000) sample.push(...users)
    }
    await this.#insist(() => state.read(newest, everybody ? now : undefined), signal)
    return everybody ? sample : undefined
  }

  async #append(users: readonly User[], token: Token, now: number, signal: AbortSignal): Promise<void> {
    const { log, topic, state, org, metrics } = this.#options
    const records = users.map((user) => toRecord(user, token.orgId, org, now))
    await this.#insist(() => log.append(topic, records), signal)
    await this.#insist(() => state.sent(users, now), signal)
    metrics.directory_records_total.inc({ org }, users.length)
  }

  #insist(action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, logger, org } = this.#options
    return retrying(action, {
      clock,
      signal,
      onRetry: (error, wait) =>
        logger.warn({ org }, `the directory waits: ${error.message}; again in ${wait} ms`),
    })
  }

  /** Says what cannot be seen of the users although they can be read. */
  #judge(everybody: readonly User[] | undefined): void {
    const { org, metrics } = this.#options
    const gaps = everybody ? findGaps(everybody, this.#hidden) : undefined
    metrics.directory_reads_total.inc({ org, outcome: this.#hidden.size > 0 || gaps ? 'partial' : 'ok' })
    if (gaps) this.#warn(gaps.text, gaps.remedy)
    else if (everybody) this.#warned = ''
  }

  #warn(text: string, remedy: string): void {
    if (this.#warned === text) return
    this.#warned = text
    const { org, logger } = this.#options
    logger.warn({ org, remedy }, `the users of the org cannot be read in full: ${text}`)
  }
}

/** A user as a record of topic `events`. */
export function toRecord(user: User, orgId: string, org: string, now: number): NewRecord {
  const payload = {
    EventDate: new Date(now).toISOString(),
    UserId: user.id,
    Username: user.username,
    Name: user.name,
    UserType: user.userType,
    Profile: user.profile,
    Role: user.role,
    IsActive: user.active,
    Department: user.department,
    CreatedDate: user.created,
    LastLoginDate: user.lastLogin,
  }
  return {
    key: orgId,
    value: JSON.stringify({ channel: '/forcewatch/directory', data: { payload } }),
    headers: { org, origin: 'directory' },
  }
}

function* chunksOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += recordsAtOnce)
    yield items.slice(start, start + recordsAtOnce)
}

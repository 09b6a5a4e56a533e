import { sum } from 'simple-statistics'
import { hour, minute, second } from '../../duration.ts'
import { ForcewatchError, hasCode } from '../../errors.ts'
import { retrying } from '../../retrying.ts'
import type { Token } from '../auth.ts'
import { readMembers } from '../channel-members.ts'
import { channelOfStorage, isCustomChannel, needsOf } from '../channels.ts'
import { type ReadProblem, toReadProblem } from '../directory/read-users.ts'
import { mayPass } from '../may-pass.ts'
import { createOrgRest, type OrgRest } from '../storage/org-rest.ts'
import { LoggedEvents } from './logged-events.ts'
import { ObjectReconciler } from './object-reconciler.ts'
import { readLogged } from './read-logged.ts'
import type { ReconcilerOptions } from './reconcile-options.ts'

/** What the log holds is remembered in slices no longer than this, ms. */
const longestSlice = 10 * minute
/** When an object that cannot be read is asked for again, and a round that failed, ms. */
const retryDenied = hour
/** When the members of custom channels are asked for again, ms. */
const membersLastFor = hour
const retryAfter = { token: 15 * second, failed: minute, denied: minute } as const

type Outcome = 'ok' | 'partial' | 'paused' | ReadProblem['kind']

/**
 * Compares the log with the org's storage objects, again and again, and appends what it lacks. Streams are notifications that
 * Salesforce may lose; the storage objects are the record.
 */
export class Reconciler {
  /** What the log holds. Whoever appends events tells it. */
  readonly logged: LoggedEvents
  readonly #options: ReconcilerOptions
  /** Whichever has waited longest comes first, so that a short allowance or a failure never stops the same ones. */
  readonly #objects: ObjectReconciler[] = []
  readonly #deniedUntil = new Map<string, number>()
  /** What was warned of last, by object: the same is not said every time. */
  readonly #warned = new Map<string, string>()
  readonly #token = Promise.withResolvers<void>()
  #newestToken: Token | undefined
  #membersReadAt = Number.NEGATIVE_INFINITY
  #wake: () => void = () => undefined

  constructor(options: ReconcilerOptions) {
    const { clock, channels, timing } = options
    this.#options = options
    this.logged = new LoggedEvents({
      since: clock.now() - this.#horizon(),
      sliceLength: Math.min(longestSlice, timing.settle),
    })
    for (const channel of channels) this.#add(channel)
  }

  #add(channel: string): void {
    const { storage: object } = needsOf(channel)
    if (object === undefined || this.#objects.some(({ name }) => name === object)) return
    this.#objects.push(new ObjectReconciler({ ...this.#options, channel, object, logged: this.logged }))
  }

  /** What custom channels bring is known by their members, and by what they have brought where those are not told. */
  async #addMembers(rest: OrgRest): Promise<void> {
    const { channels, state } = this.#options
    const custom = channels.filter(isCustomChannel)
    if (custom.length === 0) return
    for (const member of await this.#membersOf(custom, rest)) this.#add(member)
    for (const type of this.logged.types()) this.#add(`/event/${type}`)
    for (const object of state.objects) this.#add(channelOfStorage(object))
  }

  async #membersOf(custom: readonly string[], rest: OrgRest): Promise<readonly string[]> {
    const now = this.#options.clock.monotonic()
    if (now < this.#membersReadAt + membersLastFor) return []
    try {
      const members = await readMembers(rest, custom)
      this.#membersReadAt = now
      this.#warned.delete('members')
      return [...members.values()].flat()
    } catch (error) {
      const { kind, text } = toReadProblem(error)
      if (kind === 'token') throw error
      if (!mayPass(error)) this.#membersReadAt = now
      this.#warn(
        'members',
        `the members of ${custom.join(', ')} cannot be read: ${text}; a kind of event is compared from the first one that came on`,
        'Give the integration user View Setup and Configuration.',
      )
      return []
    }
  }

  /** A gap of a custom channel is closed when every object of its members has been compared over it. */
  async #closeShared(): Promise<void> {
    const { replay, state, clock } = this.#options
    const members = this.#objects.filter(({ isMember }) => isMember)
    if (members.length === 0) return
    for (const [key, { channel }] of replay.gaps) {
      if (!isCustomChannel(channel) || state.isClosed(key)) continue
      const counts = members.map((object) => object.covered(key))
      if (!counts.every((count) => count !== undefined)) continue
      await state.close(key, {
        at: new Date(clock.now()).toISOString(),
        found: sum(counts.map(({ found }) => found)),
        injected: sum(counts.map(({ injected }) => injected)),
      })
    }
  }

  /** Takes the token that the stream got. */
  use(token: Token): void {
    this.#newestToken = token
    this.#token.resolve()
  }

  /** A gap has been recorded: it is looked into as soon as its events have settled. */
  noteGap(): void {
    this.#wake()
  }

  /** Compares again and again until the signal aborts. @throws FENCED when another process has taken over */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, timing } = this.#options
    const leave = () => this.#token.resolve()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    await this.#token.promise
    signal.removeEventListener('abort', leave)
    if (signal.aborted || !this.#newestToken) return
    await this.#recall(this.#newestToken, signal)
    // What was missed while nobody was subscribed is about to come by itself.
    await clock.sleep(timing.settle, signal)
    while (!signal.aborted) {
      const outcome = await this.#round(this.#newestToken, signal)
      if (signal.aborted) return
      this.#options.metrics.reconcile_rounds_total.inc({ org: this.#options.org, outcome })
      await this.#pause(
        outcome === 'token' || outcome === 'failed' ? retryAfter[outcome] : timing.interval,
        signal,
      )
    }
  }

  /** Until the next round is due, or a gap that was recorded meanwhile has settled. */
  async #pause(longest: number, signal: AbortSignal): Promise<void> {
    const { clock, timing } = this.#options
    const end = clock.monotonic() + longest
    for (;;) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      const open = this.#objects.map((object) => object.nextGap()).filter((to) => to !== undefined)
      const due = open.map((to) => to + timing.settle - clock.now())
      const left = end - clock.monotonic()
      await clock.sleep(Math.max(0, Math.min(left, ...due)), AbortSignal.any([signal, woken.signal]))
      if (!woken.signal.aborted || signal.aborted) return
    }
  }

  /** Reads from the log what it holds of the time that rounds look at. */
  async #recall({ orgId }: Token, signal: AbortSignal): Promise<void> {
    const { log, topic, clock, logger, org } = this.#options
    await retrying(
      async () => {
        let read = 0
        for await (const event of readLogged({ log, topic, orgId, from: this.logged.since, signal })) {
          this.logged.note(event)
          // The stream must not wait for this.
          if (++read % 2000 === 0) await clock.sleep(0)
        }
      },
      {
        clock,
        signal,
        onRetry: (error, wait) =>
          logger.warn({ org }, `reconciliation waits for the log: ${error.message}; again in ${wait} ms`),
      },
    )
  }

  async #round(token: Token, signal: AbortSignal): Promise<Outcome> {
    const { org, apiVersion, clock, metrics, state, replay } = this.#options
    const rest = createOrgRest({ org, token, apiVersion, purpose: 'reconciliation', clock, metrics, signal })
    let outcome: Outcome = 'ok'
    try {
      await this.#addMembers(rest)
      const most = await this.#callsAllowed(rest)
      if (most <= 0) return 'paused'
      for (const object of [...this.#objects]) {
        if ((this.#deniedUntil.get(object.name) ?? 0) > clock.monotonic()) outcome = 'partial'
        else if (rest.calls >= most) return 'paused'
        else {
          this.#objects.push(...this.#objects.splice(this.#objects.indexOf(object), 1))
          if (!(await this.#one(object, rest, token, most, signal))) outcome = 'partial'
        }
        if (signal.aborted) return outcome
      }
      await this.#closeShared()
      this.logged.forget(clock.now() - this.#horizon())
      await state.keepOnly(new Set(replay.gaps.keys()))
      return outcome
    } catch (error) {
      if (hasCode(error, 'FENCED')) throw error
      const problem = toReadProblem(error)
      this.#warn(
        '',
        `the log cannot be compared with storage objects: ${problem.text}`,
        'It is tried again by itself; the stream goes on.',
      )
      return problem.kind
    }
  }

  /** Whether the object could be compared. Rejects where the others cannot be either: for the moment, or with this token. */
  async #one(
    object: ObjectReconciler,
    rest: OrgRest,
    token: Token,
    most: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const silent = await object.reconcile(rest, token, most, signal)
      if (silent === undefined) {
        this.#warned.delete(object.name)
        return true
      }
      this.#deny(object, silent.text, silent.remedy)
    } catch (error) {
      if (signal.aborted || hasCode(error, 'FENCED')) throw error
      const { kind, text } = toReadProblem(error)
      if (error instanceof ForcewatchError || kind === 'token' || mayPass(error)) throw error
      this.#deny(object, `${object.name} cannot be read: ${text}`, object.remedy)
    }
    return false
  }

  #deny(object: ObjectReconciler, text: string, remedy: string): void {
    this.#deniedUntil.set(object.name, this.#options.clock.monotonic() + retryDenied)
    this.#warn(object.name, `${text}; events that the stream loses cannot be found there`, remedy)
  }

  /** API calls that this round may make. */
  async #callsAllowed(rest: OrgRest): Promise<number> {
    const { timing } = this.#options
    const allowance = await rest.allowance()
    if (!allowance) return Number.POSITIVE_INFINITY
    const allowed = allowance.remaining - timing.apiReserve * allowance.max
    if (allowed > 0) this.#warned.delete('allowance')
    else
      this.#warn(
        'allowance',
        `the org has ${allowance.remaining} of ${allowance.max} daily API requests left: reconciliation waits and catches up later`,
        'Find out who uses them up (Setup → Company Information → API Requests), or lower orgs[].reconciliation.api_reserve.',
      )
    return allowed
  }

  #warn(about: string, text: string, remedy: string): void {
    if (this.#warned.get(about) === text) return
    this.#warned.set(about, text)
    const { org, logger } = this.#options
    logger.warn({ org, remedy }, text)
  }

  /** How far rounds look back as a rule, ms. */
  #horizon(): number {
    const { interval, settle, overlap } = this.#options.timing
    return 2 * interval + settle + overlap + hour
  }
}

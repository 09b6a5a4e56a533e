import type { Cancel, Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import { type ForcewatchError, messageOf } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { partitionName, type Subscription, type SubscriptionOptions, type TopicPartition } from '../log.ts'
import type { KafkaClient } from './kafka-client.ts'
import { isCoordinatorTrouble, isUnsettled, toLogError } from './kafka-errors.ts'
import { type Claim, KafkaMember } from './kafka-member.ts'

/** What the log gives each of its subscriptions. Times in ms. */
export type KafkaSubscriptionContext = {
  readonly createClient: () => KafkaClient
  readonly brokers: readonly string[]
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  /** After how long without a sign of life a consumer is replaced, ms. */
  readonly silenceTimeout: number
  readonly clock: Clock
  readonly logger: Logger
  /** Called when the subscription has left the group for good. */
  readonly onEnd: () => void
}

const firstPause = second / 4
const longestPause = 10 * second
/** Nobody waits longer for a commit: without brokers a checkpoint and a stop must go on. */
const commitTimeout = 3 * second
/** How long to wait at the start for a cluster that answers but whose coordinator or topics are not ready. */
const settleTimeout = minute

/** Membership in a consumer group for as long as it is wanted: a consumer that crashed or fell silent gets a successor. */
export class KafkaSubscription implements Subscription {
  readonly #options: SubscriptionOptions
  readonly #context: KafkaSubscriptionContext
  readonly #abort = new AbortController()
  #member: KafkaMember
  #stopWatching: Cancel | undefined
  #replacing: Promise<void> | undefined
  #ending: Promise<void> | undefined

  constructor(options: SubscriptionOptions, context: KafkaSubscriptionContext) {
    this.#options = options
    this.#context = context
    this.#member = this.#createMember({ owned: [], since: 0 })
  }

  /** Joins the group. A coordinator that is still loading, or a topic that is still being made, is waited for. @throws LOG_UNAVAILABLE, LOG_REJECTED */
  async start(): Promise<void> {
    const { clock, sessionTimeout, silenceTimeout } = this.#context
    const deadline = clock.monotonic() + settleTimeout
    const isWorthWaiting = (error: unknown) =>
      (isCoordinatorTrouble(error) || isUnsettled(error)) && clock.monotonic() < deadline
    try {
      await this.#join(isWorthWaiting)
    } catch (error) {
      this.#abort.abort()
      await this.#end('lost').catch(() => undefined)
      throw error
    }
    const interval = Math.min(silenceTimeout, sessionTimeout) / 3
    this.#stopWatching = clock.every(interval, () => this.#watch())
  }

  /** Advisory, as the port says: an offset that does not get through is a line in the log. */
  async commit(partition: TopicPartition, nextOffset: number): Promise<void> {
    const done = new AbortController()
    const committed = this.#member.commit(partition, nextOffset)
    try {
      await Promise.race([committed, this.#context.clock.sleep(commitTimeout, done.signal)])
    } catch (error) {
      this.#context.logger.debug(
        { group: this.#options.group, err: error },
        `the offset of ${partitionName(partition)} was not committed`,
      )
    } finally {
      done.abort()
      committed.catch(() => undefined)
    }
  }

  seek(partition: TopicPartition, nextOffset: number): void {
    this.#member.seek(partition, nextOffset)
  }

  stop(): Promise<void> {
    this.#abort.abort()
    this.#ending ??= this.#end('stopped')
    return this.#ending
  }

  #createMember(claim: Claim): KafkaMember {
    const { createClient, ...context } = this.#context
    const { onFailure: _, ...options } = this.#options
    const member: KafkaMember = new KafkaMember({
      ...context,
      ...options,
      client: createClient(),
      claim,
      onCrash: (error) => {
        if (member === this.#member) this.#replace(`crashed: ${messageOf(error)}`, error)
      },
      onHandlerFailure: (error) => this.#fail(error),
    })
    return member
  }

  #watch(): void {
    const { silence } = this.#member
    if (silence > this.#context.silenceTimeout)
      this.#replace(`was silent for ${Math.round(silence / second)} s`)
  }

  #replace(reason: string, cause?: Error): void {
    if (this.#replacing || this.#abort.signal.aborted) return
    const failure = cause && this.#toLogError(cause)
    if (failure && !failure.retryable) {
      this.#fail(failure)
      return
    }
    const level = isCoordinatorTrouble(cause) ? 'debug' : 'warn'
    this.#context.logger[level](
      { group: this.#options.group },
      `the consumer of group ${this.#options.group} ${reason}; it is replaced`,
    )
    this.#replacing = this.#member
      .leave('lost')
      .then(() => this.#succeed())
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#replacing = undefined
      })
  }

  async #succeed(): Promise<void> {
    if (this.#abort.signal.aborted) return
    this.#member = this.#createMember(this.#member.claim)
    await this.#join((error) => this.#toLogError(error).retryable)
  }

  /** Joins with the present member, and with a new one whenever that failed for a reason that may pass. */
  async #join(isWorthWaiting: (error: unknown) => boolean): Promise<void> {
    const { clock, logger } = this.#context
    const { signal } = this.#abort
    for (let pause: number = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        return await this.#member.join()
      } catch (error) {
        await this.#member.leave('lost')
        if (signal.aborted) return
        const failure = this.#toLogError(error)
        if (!isWorthWaiting(error)) throw failure
        const level = isCoordinatorTrouble(error) ? 'debug' : 'warn'
        logger[level]({ err: failure }, `${failure.message} Again in ${pause} ms.`)
        await clock.sleep(pause, signal)
        if (signal.aborted) return
        this.#member = this.#createMember(this.#member.claim)
      }
    }
  }

  #fail(error: Error): void {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    this.#ending = this.#end('lost').catch(() => undefined)
    this.#options.onFailure(error)
  }

  async #end(reason: 'stopped' | 'lost'): Promise<void> {
    this.#stopWatching?.()
    try {
      // Leaving cuts the member's connections, which also ends a join that is under way.
      await Promise.all([reason === 'stopped' ? this.#replacing : undefined, this.#member.leave(reason)])
    } finally {
      this.#context.onEnd()
    }
  }

  #toLogError(error: unknown): ForcewatchError {
    const { group, topics } = this.#options
    return toLogError(
      error,
      `take part in group ${group} on topic ${topics.join(', ')}`,
      this.#context.brokers,
    )
  }
}

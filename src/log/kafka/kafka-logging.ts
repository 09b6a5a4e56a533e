import { type logCreator, logLevel } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { minute } from '../../duration.ts'
import type { Logger } from '../../logger.ts'

/**
 * What kafkajs calls an error although it is the normal life of a cluster: coordinators that load or move, groups that
 * rebalance, consumers that we start anew ourselves and report in our own words.
 */
const normalLife = [
  /coordinator/i,
  /rebalanc/i,
  /Response (Heartbeat|JoinGroup|SyncGroup|LeaveGroup|OffsetCommit|InitProducerId|FindCoordinator)/,
  /^Crash: /,
  /^Limiting retries for the idempotent producer/,
  /is not aware of this member/,
  /this client was given up/,
]

/** The same line of kafkajs is passed on at most this often: it repeats itself at every retry. */
const repeatInterval = minute

/**
 * Passes kafkajs' log on to ours. Its errors are warnings to us, since it retries, and since whatever ends a call comes
 * back as an error of ours with a remedy.
 */
export function createLogCreator(logger: Logger, clock: Clock): logCreator {
  const lastTold = new Map<string, number>()
  return () =>
    ({ namespace, level, log }) => {
      const { message, timestamp, logger: _, stack, ...fields } = log
      const text = `kafkajs ${namespace ?? ''}: ${message}`
      if (
        level > logLevel.WARN ||
        normalLife.some((pattern) => pattern.test(`${message} ${fields.error ?? ''}`))
      ) {
        logger.debug(fields, text)
        return
      }
      const now = clock.monotonic()
      if (now - (lastTold.get(text) ?? Number.NEGATIVE_INFINITY) < repeatInterval) return
      lastTold.set(text, now)
      const { broker, error, groupId, topic } = fields
      logger.warn({ broker, error, group: groupId, topic }, text)
    }
}

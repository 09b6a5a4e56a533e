import type { Clock } from '../clock.ts'
import { hour } from '../duration.ts'
import type { Logger } from '../logger.ts'
import { createMerger } from './merge.ts'
import { findScenario } from './scenarios/catalog.ts'
import type { Simulator } from './server/simulator.ts'
import { generateTraffic } from './traffic/generate.ts'
import type { SimulatedOrg } from './traffic/org.ts'
import type { SimulatedEvent } from './traffic/payload.ts'

export type PlayerOptions = {
  readonly simulator: Pick<Simulator, 'publish' | 'ready'>
  readonly org: SimulatedOrg
  readonly seed: string
  readonly clock: Clock
  readonly logger: Logger
  /** How much of the past is delivered before it goes live, ms. */
  readonly history: number
  /** Simulated milliseconds per millisecond; 1 is real time. */
  readonly speed: number
  /** How long (ms of real time) a speed above 1 lasts, since live then starts in the past and must not pass the wall clock. */
  readonly accelerated?: number
  /** Scenarios to start this long (ms of simulated time) after it goes live. */
  readonly attacks?: readonly { readonly name: string; readonly offset: number }[]
}

/** Plays an org's traffic through the simulator: history as fast as the client takes it, then live. */
export interface Player {
  /** Event time at which live begins; what is earlier is history. */
  readonly liveFrom: number
  /** Plays until the signal aborts. It starts when a client has subscribed. */
  run(signal: AbortSignal): Promise<void>
  /** Starts a scenario at the present simulated time, or with the beginning of live. @throws USAGE for an unknown name */
  attack(name: string): { readonly startsAt: string }
  progress(): {
    readonly state: 'waiting' | 'history' | 'live'
    readonly published: number
    readonly time: number
  }
}

/** Events that may wait for the client while history is delivered: what bounds the memory of both. */
const largestBacklog = 5_000
const step = 500
const tick = 100

/** A player that waits to be run. */
export function createPlayer(options: PlayerOptions): Player {
  const { simulator, org, seed, clock, logger, speed } = options
  const lead = speed > 1 ? (speed - 1) * (options.accelerated ?? hour) : 0
  const liveFrom = clock.now() - lead
  const streams = createMerger([generateTraffic({ org, seed, from: liveFrom - options.history })])
  for (const { name, offset } of options.attacks ?? [])
    streams.add(findScenario(name)(org, liveFrom + offset, seed))
  let state: 'waiting' | 'history' | 'live' = 'waiting'
  let published = 0
  let started = 0

  /** The time that the org's events have reached: never later than the wall clock. */
  function simulatedNow(): number {
    const now = clock.now()
    return speed > 1 ? Math.min(now, liveFrom + (now - started) * speed) : now
  }

  function publishUntil(time: number, most: number): number {
    let count = 0
    for (let event = streams.peek(); event && event.time <= time && count < most; event = streams.peek()) {
      publish(event)
      streams.take()
      count++
    }
    published += count
    return count
  }

  function publish({ channel, payload }: SimulatedEvent): void {
    simulator.publish(channel, payload)
  }

  /** Delivers everything up to `until()`, a step at a time, waiting whenever the client is behind. */
  async function catchUp(until: () => number, signal: AbortSignal): Promise<void> {
    for (let more = true; more && !signal.aborted; ) {
      await untilAborted(simulator.ready(largestBacklog), signal)
      if (!signal.aborted) more = publishUntil(until(), step) === step
    }
  }

  return {
    liveFrom,
    async run(signal) {
      await untilAborted(simulator.ready(), signal)
      if (signal.aborted) return
      state = 'history'
      logger.info({ from: new Date(liveFrom - options.history).toISOString() }, 'history begins')
      await catchUp(() => (speed > 1 ? liveFrom : clock.now()), signal)
      if (signal.aborted) return
      started = clock.now()
      state = 'live'
      logger.info({ events: published, speed }, 'history is delivered, live begins')
      while (!signal.aborted) {
        await catchUp(simulatedNow, signal)
        await clock.sleep(tick, signal)
      }
    },
    attack(name) {
      const start = state === 'live' ? simulatedNow() : liveFrom
      streams.add(findScenario(name)(org, start, `${seed}/${start}`))
      logger.info({ name, start: new Date(start).toISOString() }, 'a scenario begins')
      return { startsAt: new Date(start).toISOString() }
    },
    progress: () => ({
      state,
      published,
      time: state === 'live' ? simulatedNow() : (streams.peek()?.time ?? 0),
    }),
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const aborted = Promise.withResolvers<void>()
  const give = () => aborted.resolve()
  signal.addEventListener('abort', give, { once: true })
  await Promise.race([promise, aborted.promise])
  signal.removeEventListener('abort', give)
}

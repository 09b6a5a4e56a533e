import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { createPlayer, type Player, type PlayerOptions } from './player.ts'
import type { ConnectedApp } from './server/oauth.ts'
import { createSimulator, type Simulator } from './server/simulator.ts'
import { createApps } from './traffic/apps.ts'
import { orgAt } from './traffic/lives/org-at.ts'
import { createOrg, type OrgSize } from './traffic/org.ts'

export type LiveOrgOptions = Pick<PlayerOptions, 'history' | 'speed' | 'accelerated' | 'attacks'> & {
  readonly clock: Clock
  readonly logger: Logger
  readonly seed: string
  readonly size: OrgSize
  readonly connectedApps: readonly ConnectedApp[]
  readonly host?: string
  readonly port?: number
}

/** A simulated org whose people and machines are at work: a {@link Simulator} and the {@link Player} that feeds it. */
export interface LiveOrg {
  readonly simulator: Simulator
  readonly player: Player
  start(): Promise<{ readonly url: string }>
  stop(): Promise<void>
}

/** A live org that waits to be started. The same seed and size give the same org. */
export function createLiveOrg(options: LiveOrgOptions): LiveOrg {
  const { clock, logger, seed, size, history, speed } = options
  const org = createOrg({ seed, size })
  const now = orgAt(org, clock.now())
  const simulator = createSimulator({
    clock,
    logger,
    seed,
    org: org.identity,
    users: now.users,
    apps: createApps(now, clock.now()),
    connectedApps: options.connectedApps,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    onAttack: (name) => player.attack(name),
  })
  const player = createPlayer({
    simulator,
    org,
    seed,
    clock,
    logger,
    history,
    speed,
    ...(options.accelerated === undefined ? {} : { accelerated: options.accelerated }),
    ...(options.attacks === undefined ? {} : { attacks: options.attacks }),
  })
  const stopped = new AbortController()
  let playing: Promise<void> = Promise.resolve()

  return {
    simulator,
    player,
    async start() {
      const started = await simulator.start()
      playing = player.run(stopped.signal)
      return started
    },
    async stop() {
      stopped.abort()
      await playing
      await simulator.stop()
    },
  }
}

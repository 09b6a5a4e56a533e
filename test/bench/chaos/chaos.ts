import { systemClock as clock } from '../../../src/clock.ts'
import { second } from '../../../src/duration.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { nextBlow } from './fault-schedule.ts'
import { channels, type StressedOrg, type StressOptions, type StressReport, stress } from './stressed-org.ts'

export type ChaosOptions = StressOptions & {
  /** How long faults strike, s. */
  readonly seconds: number
  /** Mean time between faults, s. */
  readonly interval: number
}

/** Lets faults strike a busy stream at random moments, and tells what came of it. */
export function runChaos(options: ChaosOptions): Promise<StressReport> {
  return stress(options, async (org) => {
    await strikeAtRandom(org, options)
    await org.untilSafe(options.hold + 90 * second)
  })
}

async function strikeAtRandom(org: StressedOrg, { seed, seconds, interval }: ChaosOptions): Promise<void> {
  const random = createRandom(seed)
  const moments = random.fork('moments')
  const blows = random.fork('blows')
  const wait = () => -Math.log(1 - moments.next()) * interval * second
  let next = wait()
  await org.stream((elapsed) => {
    if (elapsed >= next) {
      const blow = nextBlow(blows, channels)
      org.recoveries.struck(blow, clock.monotonic())
      org.strike(blow)
      next = elapsed + wait()
    }
    return elapsed >= seconds * second
  })
}

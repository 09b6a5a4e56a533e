import { parseArgs } from 'node:util'
import { benchBacktest } from './backtest.ts'
import { benchChaos } from './chaos/main.ts'
import { benchDetection } from './detection/main.ts'
import { benchReplay } from './replay.ts'

/**
 * `npm run bench`: every benchmark, figures on stdout, gates that fail the process, and docs/detection-quality.md. `-- --short` takes
 * seconds of each (for CI) and writes nothing. `-- --only PART` (repeatable) runs these parts of the
 * detection bench alone; `--verbose` shows every alert of its cases. `-- chaos` runs ten minutes of faults at a simulated org and
 * nothing else; `--seconds N` and `--seed TEXT` choose other ones.
 */
const { values, positionals } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: 'chaos' },
  },
  allowPositionals: true,
})
const { short, only, verbose, seconds, seed } = values
if (positionals.includes('chaos')) {
  await benchChaos({ seed, seconds: Number(seconds) })
} else {
  if (!only) await benchReplay({ days: short ? 1 : 4, rounds: short ? 1 : 3 })
  if (!only && !short) await benchBacktest()
  await benchDetection({ short, only, verbose })
}

import { parseArgs } from 'node:util'
import { benchBacktest } from './backtest.ts'
import { benchDetection } from './detection/main.ts'
import { benchReplay } from './replay.ts'

/**
 * `npm run bench`: every benchmark, figures on stdout, gates that fail the process, and docs/detection-quality.md. `-- --short` takes
 * seconds of each (for CI) and writes nothing. `-- --only PART` (repeatable) runs these parts of the
 * detection bench alone; `--verbose` shows every alert of its cases.
 */
const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
  },
})
const { short, only, verbose } = values
if (!only) await benchReplay({ days: short ? 1 : 4, rounds: short ? 1 : 3 })
if (!only && !short) await benchBacktest()
await benchDetection({ short, only, verbose })

import { parseArgs } from 'node:util'
import type { Compression } from '../../src/log/kafka/codecs.ts'
import { benchBacktest } from './backtest.ts'
import { benchChaos, benchFaults } from './chaos/main.ts'
import { benchDetection } from './detection/main.ts'
import { benchSoak } from './ingest/soak.ts'
import { benchThroughput } from './ingest/throughput.ts'
import { benchReplay } from './replay.ts'

/**
 * `npm run bench`: every benchmark, figures on stdout, gates that fail the process, and docs/detection-quality.md. `-- --short` takes
 * seconds of each (for CI) and writes nothing. `-- --only PART` (repeatable) runs these parts of the
 * detection bench alone; `--verbose` shows every alert of its cases. The parts of ingest run
 * alone: `-- chaos` (ten minutes of faults at a simulated org), `-- faults` (each
 * of them alone, into docs/recovery.md), `-- ingest` (CPU against kafkajs; `--compression none` or `zstd` instead of gzip) and `-- soak` (half an hour of a
 * busy stream); `--seconds N`, `--rate N` and `--seed TEXT` choose other ones.
 */
const { values, positionals } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    rate: { type: 'string', default: '1000' },
    seed: { type: 'string', default: 'chaos' },
    compression: { type: 'string', default: 'gzip' },
  },
  allowPositionals: true,
})
const { short, only, verbose, seconds, rate, seed, compression } = values
const [part] = positionals
if (part === 'chaos') {
  await benchChaos({ seed, seconds: Number(seconds ?? 600) })
} else if (part === 'faults') {
  await benchFaults()
} else if (part === 'soak') {
  await benchSoak({ seconds: Number(seconds ?? 1800), rate: Number(rate) })
} else if (part === 'ingest') {
  await benchThroughput(compression as Compression)
} else {
  if (!only) await benchReplay({ days: short ? 1 : 4, rounds: short ? 1 : 3 })
  if (!only && !short) await benchBacktest()
  await benchDetection({ short, only, verbose })
}

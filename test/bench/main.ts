import { parseArgs } from 'node:util'
import { benchReplay } from './replay.ts'

/** `npm run bench`: every benchmark, figures on stdout. `-- --short` takes a tenth of the events (for CI). */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
await benchReplay({ events: values.short ? 100_000 : 1_000_000, rounds: values.short ? 1 : 3 })

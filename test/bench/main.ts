import { parseArgs } from 'node:util'
import { benchReplay } from './replay.ts'

/** `npm run bench`: every benchmark, figures on stdout. `-- --short` takes one day of events (for CI). */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
await benchReplay({ days: values.short ? 1 : 4, rounds: values.short ? 1 : 3 })

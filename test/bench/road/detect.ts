import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import { loadDetectors } from '../../../src/detection/definition/catalog.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import { runRoad } from './run-road.ts'

/** The detect stage with the whole pack. */
const detectors = await loadDetectors(new URL('../../../detectors', import.meta.url).pathname)
await runRoad((options) =>
  createDetectionTask({
    ...options,
    detectors: () => detectors,
    orgSettings: () => ({ timeZone: 'Europe/Berlin' }),
    decode: decodeEvent,
  }),
)

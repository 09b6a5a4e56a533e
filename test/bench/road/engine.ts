import { KeyedState } from '../../../src/stream/keyed-state.ts'
import { runRoad } from './run-road.ts'

/** So many keys in all; so many records change one of them, and emit something. */
const keys = 5000
const recordsPerChange = 10
const recordsPerOutput = 200

/** The road alone: a task that parses every record, as the yardstick does, and keeps and emits about as much as detection. */
await runRoad(({ topics }) => {
  const state = new KeyedState<{ readonly last: number }>('counted')
  let seen = 0
  return {
    states: [state],
    process({ key, value, offset }, output) {
      JSON.parse(value.toString())
      seen++
      if (seen % recordsPerChange === 0) state.set(String(seen % keys), { last: offset })
      if (seen % recordsPerOutput === 0) output.emit(topics.detections, { key, value: String(offset) })
    },
  }
})

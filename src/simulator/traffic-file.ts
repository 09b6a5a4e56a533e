import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { createRandom } from './random.ts'
import { createReplayIds, schemaOf } from './server/event-bus.ts'
import type { SimulatedEvent } from './traffic/payload.ts'

/** Characters that are gathered before they are written. */
const blockSize = 256 * 1024

/**
 * Writes one CometD message a line, as Salesforce delivers it. Waits whenever the output is full, so that memory stays flat.
 * Returns the number of events; does not end the output.
 */
export async function writeTraffic(
  events: Iterable<SimulatedEvent>,
  output: Writable,
  seed: string,
): Promise<number> {
  const random = createRandom(`${seed}/file`)
  const ids = createReplayIds(random)
  const schemas = new Map<string, string>()
  let block = ''
  let count = 0
  for (const { channel, payload } of events) {
    const schema = schemas.get(channel) ?? schemaOf(channel)
    schemas.set(channel, schema)
    const name = channel.slice('/event/'.length)
    block += `{"channel":"${channel}","data":{"schema":"${schema}","payload":${JSON.stringify(payload)},"event":{"EventUuid":"${random.uuid()}","replayId":${ids.next()},"EventApiName":"${name}"}}}\n`
    count++
    if (block.length >= blockSize) {
      if (!output.write(block)) await once(output, 'drain')
      block = ''
    }
  }
  if (block !== '' && !output.write(block)) await once(output, 'drain')
  return count
}

import { z } from 'zod'
import { isMonitoring, needsOf } from '../../salesforce/channels.ts'
import { toReadProblem } from '../../salesforce/directory/read-users.ts'
import type { OrgApi } from '../../salesforce/org-api.ts'
import { failed, type Outcome, ok, warning } from '../finding.ts'

const settings = z.object({
  Metadata: z.object({
    realTimeEvents: z.array(z.object({ entityName: z.string(), isEnabled: z.boolean() })),
  }),
})

const deploy =
  'or deploy salesforce/force-app, which switches on what the default channels need (salesforce/README.md).'

/** Looks whether the org streams and stores the events of the channels. */
export async function checkSwitches(api: OrgApi, channels: readonly string[]): Promise<readonly Outcome[]> {
  const monitored = channels.filter(isMonitoring).map(needsOf)
  if (monitored.length === 0) return [ok('no channel has a switch in Event Manager')]
  let switches: ReadonlyMap<string, boolean>
  try {
    switches = await readSwitches(api)
  } catch (error) {
    return [cannotBeSeen(toReadProblem(error).text)]
  }
  const streams = monitored.map(({ object }) => object)
  const stores = monitored.flatMap(({ storage }) => storage ?? [])
  return [...judgeStreaming(streams, switches), ...judgeStorage(stores, switches)]
}

function judgeStreaming(objects: readonly string[], switches: ReadonlyMap<string, boolean>): Outcome[] {
  const off = objects.filter((object) => switches.get(object) === false)
  const unknown = objects.filter((object) => !switches.has(object))
  const on = objects.length - off.length - unknown.length
  const outcomes: Outcome[] = []
  if (off.length > 0) {
    outcomes.push(
      failed(
        'streaming is off: these events look like quiet ones',
        `Setup → Event Manager → the event → Enable Streaming, ${deploy}`,
        off,
      ),
    )
  }
  if (unknown.length > 0) {
    outcomes.push(
      warning(
        'the org does not know these events',
        'Remove their channels from channels; which events an org has depends on its edition, licences and release.',
        unknown,
      ),
    )
  }
  if (on > 0) outcomes.unshift(ok(`streaming is on for ${on} of ${objects.length} events`))
  return outcomes
}

function judgeStorage(objects: readonly string[], switches: ReadonlyMap<string, boolean>): Outcome[] {
  const off = objects.filter((object) => switches.get(object) === false)
  const on = objects.filter((object) => switches.get(object) === true).length
  const outcomes = on > 0 ? [ok(`storage is on for ${on} of ${objects.length} events`)] : []
  if (off.length === 0) return outcomes
  const text =
    'storage is off: what the stream loses cannot be found, and nothing can be filled in from the past'
  return [...outcomes, warning(text, `Setup → Event Manager → the event → Enable Storage, ${deploy}`, off)]
}

async function readSwitches(api: OrgApi): Promise<ReadonlyMap<string, boolean>> {
  const [first] = await api.tooling('SELECT Metadata FROM RealTimeEventSettings')
  const { Metadata } = settings.parse(first)
  return new Map(Metadata.realTimeEvents.map(({ entityName, isEnabled }) => [entityName, isEnabled]))
}

function cannotBeSeen(reason: string): Outcome {
  return warning(
    `the switches cannot be read: ${reason}`,
    'Give the integration user View Setup and Configuration, or look into Setup → Event Manager yourself: streaming and storage of each event of channels should be on.',
  )
}

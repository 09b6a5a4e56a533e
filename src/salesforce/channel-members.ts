import { z } from 'zod'
import { streamName } from './channels.ts'
import type { OrgApi } from './org-api.ts'

const channels = z.array(z.object({ Id: z.string(), DeveloperName: z.string() }))
const members = z.array(
  z.object({ DeveloperName: z.string(), EventChannel: z.string(), SelectedEntity: z.string() }),
)
type Member = z.infer<typeof members>[number]

/**
 * Of each of these custom channels that the org has, the channels of the events that are its members. Rejects with what
 * `toReadProblem` understands.
 */
export async function readMembers(
  api: Pick<OrgApi, 'tooling'>,
  customChannels: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = channels.parse(await api.tooling('SELECT Id, DeveloperName FROM PlatformEventChannel'))
  const all = members.parse(
    await api.tooling('SELECT DeveloperName, EventChannel, SelectedEntity FROM PlatformEventChannelMember'),
  )
  const found = new Map<string, readonly string[]>()
  for (const channel of customChannels) {
    const own = known.find(({ DeveloperName }) => streamName(channel) === `${DeveloperName}__chn`)
    if (!own) continue
    const ownMembers = all.filter(({ EventChannel }) => shortId(EventChannel) === shortId(own.Id))
    found.set(
      channel,
      ownMembers.map((member) => `/event/${eventOf(member, own.DeveloperName)}`),
    )
  }
  return found
}

/** Some entities are told by an id: then the name that Salesforce gives to members tells the event. */
function eventOf({ SelectedEntity, DeveloperName }: Member, channelName: string): string {
  return /Event(Stream)?$/.test(SelectedEntity)
    ? SelectedEntity
    : DeveloperName.replace(`${channelName}_chn_`, '')
}

/** Ids come with 15 or 18 characters. */
function shortId(id: string): string {
  return id.slice(0, 15)
}

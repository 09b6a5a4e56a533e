import { streamName } from '../channels.ts'
import type { OrgRest, RestRow } from '../storage/org-rest.ts'

/** Channels of the events that are members of these custom channels. Rejects with what `toReadProblem` understands. */
export async function readMembers(
  rest: OrgRest,
  customChannels: readonly string[],
): Promise<readonly string[]> {
  const prefixes = new Map(
    (await rest.tooling('SELECT Id, DeveloperName FROM PlatformEventChannel'))
      .filter(({ DeveloperName }) =>
        customChannels.some((channel) => streamName(channel) === `${DeveloperName}__chn`),
      )
      .map(({ Id, DeveloperName }) => [shortId(Id), `${DeveloperName}_chn_`]),
  )
  const members = await rest.tooling(
    'SELECT DeveloperName, EventChannel, SelectedEntity FROM PlatformEventChannelMember',
  )
  return members.flatMap((member) => {
    const prefix = prefixes.get(shortId(member.EventChannel))
    return prefix === undefined ? [] : [`/event/${eventOf(member, prefix)}`]
  })
}

/** Some entities are told by an id: then the name that Salesforce gives to members tells the event. */
function eventOf({ SelectedEntity, DeveloperName }: RestRow, prefix: string): string {
  const entity = String(SelectedEntity)
  return /Event(Stream)?$/.test(entity) ? entity : String(DeveloperName).replace(prefix, '')
}

/** Ids come with 15 or 18 characters. */
function shortId(id: unknown): string {
  return String(id).slice(0, 15)
}

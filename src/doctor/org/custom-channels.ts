import { readMembers } from '../../salesforce/channel-members.ts'
import { toReadProblem } from '../../salesforce/directory/read-users.ts'
import type { OrgApi } from '../../salesforce/org-api.ts'
import { failed, type Outcome, ok, warning } from '../finding.ts'

/** What custom channels bring. */
export type Members = {
  /** Channels of the events that are members, each once. */
  readonly channels: readonly string[]
  readonly outcomes: readonly Outcome[]
}

/** Looks which events are members of the custom channels, so that they can be looked at like other channels. */
export async function findMembers(api: OrgApi, customChannels: readonly string[]): Promise<Members> {
  try {
    const members = await readMembers(api, customChannels)
    return { channels: [...new Set([...members.values()].flat())], outcomes: judge(members, customChannels) }
  } catch (error) {
    return { channels: [], outcomes: [cannotBeSeen(toReadProblem(error).text, customChannels)] }
  }
}

function judge(
  members: ReadonlyMap<string, readonly string[]>,
  customChannels: readonly string[],
): readonly Outcome[] {
  const missing = customChannels.filter((channel) => !members.has(channel))
  const outcomes: Outcome[] = [...members].map(([channel, own]) => judgeMembers(channel, own))
  if (missing.length > 0) {
    outcomes.push(
      failed(
        'the org has no such custom channels',
        'Create them (PlatformEventChannel in Tooling or Metadata API), or remove them from channels.',
        missing,
      ),
    )
  }
  return outcomes
}

function judgeMembers(channel: string, members: readonly string[]): Outcome {
  if (members.length > 0) return ok(`${channel} has ${members.length} members`)
  return failed(
    `${channel} has no members, and brings nothing`,
    'Add the events to it (PlatformEventChannelMember in Tooling or Metadata API), or remove it from channels.',
  )
}

function cannotBeSeen(reason: string, customChannels: readonly string[]): Outcome {
  return warning(
    `the members of custom channels cannot be read: ${reason}`,
    'Give the integration user View Setup and Configuration. Without it permissions and switches of their events are not looked at, and reconciliation compares a kind of event from the first one that came on.',
    customChannels,
  )
}

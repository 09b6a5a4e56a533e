import { AssignerProtocol, type Assignment, type PartitionAssigner } from 'kafkajs'
import { partitionName, type TopicPartition } from '../log.ts'

/** What one member of the group claims. */
export type MemberClaim = {
  readonly memberId: string
  /** What the member had before this rebalance. */
  readonly owned: readonly TopicPartition[]
  /** Since when it had that, ms since the epoch: of two claims on one partition the younger counts. */
  readonly since: number
}

/**
 * Distributes partitions evenly (the shares differ by one at most) and leaves every partition with the member that had
 * it, as far as that is even. The same input gives the same result on every member.
 */
export function assignSticky(
  partitions: readonly TopicPartition[],
  members: readonly MemberClaim[],
): Map<string, TopicPartition[]> {
  const claims = claimedPartitions(partitions, members)
  const claimsOf = ({ memberId }: MemberClaim) => claims.get(memberId) ?? []
  const byClaims = [...members].sort(
    (a, b) => claimsOf(b).length - claimsOf(a).length || (a.memberId < b.memberId ? -1 : 1),
  )
  const smallShare = Math.floor(partitions.length / members.length)
  const largeShares = partitions.length % members.length
  const shares = byClaims.map((member, index) => {
    const size = index < largeShares ? smallShare + 1 : smallShare
    return { member, size, own: claimsOf(member).slice(0, size) }
  })
  const kept = new Set(shares.flatMap(({ own }) => own))
  const free = partitions.filter((partition) => !kept.has(partition))
  return new Map(
    shares.map(({ member, size, own }) => [member.memberId, [...own, ...free.splice(0, size - own.length)]]),
  )
}

/** How an assigner asks the member that it belongs to. */
export type StickyAssignerHooks = {
  /** What to claim when joining: asked anew at every join. */
  readonly claim: () => Omit<MemberClaim, 'memberId'>
  /** Awaited before the member asks the group's coordinator for a place, that is before every rebalance takes effect. */
  readonly beforeJoin: () => Promise<void>
}

/**
 * kafkajs' own assigner shuffles partitions among members at every rebalance; this one keeps them. It is also where a
 * member can finish with its partitions before others get them: kafkajs waits for no listener, but it begins every join
 * with looking up the group's coordinator, on the cluster object that it hands to assigners.
 */
export function createStickyAssigner({ claim, beforeJoin }: StickyAssignerHooks): PartitionAssigner {
  const name = 'forcewatch-sticky'
  const version = 1
  return ({ cluster }) => {
    const findGroupCoordinator = cluster.findGroupCoordinator.bind(cluster)
    cluster.findGroupCoordinator = async (group) => {
      await beforeJoin()
      return findGroupCoordinator(group)
    }
    return {
      name,
      version,
      protocol: ({ topics }) => ({
        name,
        metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: encodeClaim(claim()) }),
      }),
      async assign({ members, topics }) {
        const partitions = topics.flatMap((topic) =>
          cluster
            .findTopicPartitionMetadata(topic)
            .map(({ partitionId }) => ({ topic, partition: partitionId }))
            .sort((a, b) => a.partition - b.partition),
        )
        const claims = members.map(({ memberId, memberMetadata }) => ({
          memberId,
          ...decodeClaim(memberMetadata),
        }))
        return [...assignSticky(partitions, claims)].map(([memberId, own]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version,
            assignment: toAssignment(own),
            userData: Buffer.alloc(0),
          }),
        }))
      },
    }
  }
}

/** Partitions by the id of the member that has the youngest claim on them. */
function claimedPartitions(
  partitions: readonly TopicPartition[],
  members: readonly MemberClaim[],
): Map<string | undefined, TopicPartition[]> {
  const claims = new Map<string, MemberClaim>()
  for (const member of members) {
    for (const partition of member.owned) {
      const rival = claims.get(partitionName(partition))
      if (!rival || rival.since < member.since) claims.set(partitionName(partition), member)
    }
  }
  return Map.groupBy(partitions, (partition) => claims.get(partitionName(partition))?.memberId)
}

function toAssignment(partitions: readonly TopicPartition[]): Assignment {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
  return Object.fromEntries(
    [...byTopic].map(([topic, own]) => [topic, own.map(({ partition }) => partition)]),
  )
}

function encodeClaim({ owned, since }: Omit<MemberClaim, 'memberId'>): Buffer {
  return Buffer.from(JSON.stringify({ since, owned: toAssignment(owned) }))
}

/** A member of another version may claim nothing, or in words we do not know: then it has no claim. */
function decodeClaim(metadata: Buffer): Omit<MemberClaim, 'memberId'> {
  try {
    const decoded = AssignerProtocol.MemberMetadata.decode(metadata)
    const { since, owned } = JSON.parse(String(decoded?.userData)) as {
      since: number
      owned: Assignment
    }
    const flat = Object.entries(owned).flatMap(([topic, own]) =>
      own.map((partition) => ({ topic, partition })),
    )
    return { since, owned: flat }
  } catch {
    return { since: 0, owned: [] }
  }
}

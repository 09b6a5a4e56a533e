const seed = 0x9747b28c
const multiplier = 0x5bd1e995
const rotation = 24

/**
 * The partition of a key: Kafka's default for keyed records, so that producers in other languages agree with us.
 * Source: `BuiltInPartitioner.partitionForKey` of Apache Kafka.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions
}

/** MurmurHash2 with Kafka's seed, as a signed 32-bit number (`org.apache.kafka.common.utils.Utils.murmur2`). */
export function murmur2(data: Buffer): number {
  const wordsEnd = data.length & ~3
  let hash = seed ^ data.length
  for (let index = 0; index < wordsEnd; index += 4) {
    let word = Math.imul(data.readInt32LE(index), multiplier)
    word = Math.imul(word ^ (word >>> rotation), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  if (wordsEnd < data.length) {
    for (let index = data.length - 1; index >= wordsEnd; index--)
      hash ^= (data[index] ?? 0) << (8 * (index & 3))
    hash = Math.imul(hash, multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

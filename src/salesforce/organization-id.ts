const checksumAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * The 18-character form of a Salesforce id; undefined for anything that is no id. The last three characters say which
 * of the first 15 are capital letters: one character per five, bit by bit (Salesforce Help, "18-character ids").
 */
export function toId18(id: string): string | undefined {
  if (/^[A-Za-z0-9]{18}$/.test(id)) return id
  if (!/^[A-Za-z0-9]{15}$/.test(id)) return undefined
  const checksum = [0, 5, 10].map((start) => {
    const chunk = [...id.slice(start, start + 5)]
    const bits = chunk.reduce((sum, letter, place) => sum + (/[A-Z]/.test(letter) ? 1 << place : 0), 0)
    return checksumAlphabet[bits]
  })
  return id + checksum.join('')
}

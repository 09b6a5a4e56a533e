const checksumAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** The 18-character form of a Salesforce id; undefined for anything that is no id. */
export function toId18(id: string): string | undefined {
  if (/^[A-Za-z0-9]{18}$/.test(id)) return id
  return /^[A-Za-z0-9]{15}$/.test(id) ? id + checksumOf(id) : undefined
}

/**
 * The last three characters of an id whose first 15 are given. They say which of these are capital letters: one character
 * per five, bit by bit (Salesforce Help, "18-character ids").
 */
export function checksumOf(id: string): string {
  let checksum = ''
  for (let start = 0; start < 15; start += 5) {
    let capitals = 0
    for (let place = 0; place < 5; place++) {
      const code = id.charCodeAt(start + place)
      if (code >= 65 && code <= 90) capitals |= 1 << place
    }
    checksum += checksumAlphabet[capitals]
  }
  return checksum
}

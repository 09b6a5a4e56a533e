const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const checks = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** The 18-character id of record `number` of the object with this three-character key prefix (`005` = User). */
export function toSalesforceId(prefix: string, number: number): string {
  let rest = Math.floor(number)
  let tail = ''
  while (rest > 0) {
    tail = digits[rest % 62] + tail
    rest = Math.floor(rest / 62)
  }
  return withChecksum(`${prefix}5f000000${tail.padStart(4, '0').slice(-4)}`)
}

/** 15 → 18 characters: three check characters say which letters are capitals (Salesforce's published rule). */
function withChecksum(id: string): string {
  let suffix = ''
  for (let start = 0; start < 15; start += 5) {
    let flags = 0
    for (let offset = 0; offset < 5; offset++) {
      const code = id.charCodeAt(start + offset)
      if (code >= 65 && code <= 90) flags |= 1 << offset
    }
    suffix += checks[flags]
  }
  return id + suffix
}

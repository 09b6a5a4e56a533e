import { checksumOf } from '../salesforce-id.ts'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The 18-character id of record `number` of the object with this three-character key prefix (`005` = User). */
export function toSalesforceId(prefix: string, number: number): string {
  let rest = Math.floor(number)
  let tail = ''
  while (rest > 0) {
    tail = digits[rest % 62] + tail
    rest = Math.floor(rest / 62)
  }
  const id = `${prefix}5f000000${tail.padStart(4, '0').slice(-4)}`
  return id + checksumOf(id)
}

import { toId18 } from '../../salesforce-id.ts'
import { memoizeByText } from './bounded-cache.ts'

/** The fields of an event as Salesforce sent them. */
export type Payload = Readonly<Record<string, unknown>>

/** A text, or null when the field is absent, empty or no text (numbers are written out). */
export function textOf(payload: Payload, field: string): string | null {
  const value = payload[field]
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' ? String(value) : null
}

/** A finite number, also when it came as a text; null otherwise. */
export function numberOf(payload: Payload, field: string): number | null {
  return toNumber(payload[field])
}

/** Like {@link textOf}, and null too for the words that Salesforce writes where it knows nothing. */
export function nameOf(payload: Payload, field: string): string | null {
  const text = textOf(payload, field)?.trim()
  if (!text) return null
  return text.length <= longestNothing && nothing.test(text) ? null : text
}

const nothing = /^(n\/a|unknown|null|undefined|9999)$/i
const longestNothing = 'undefined'.length

/** `bulk`, `rest`, `soap`, or what else ApiType says, in lower case; null when it says nothing. */
export function kindOfApi(payload: Payload): string | null {
  const text = nameOf(payload, 'ApiType')?.toLowerCase() ?? null
  return text?.startsWith('bulk')
    ? 'bulk'
    : text?.startsWith('rest')
      ? 'rest'
      : text?.startsWith('soap')
        ? 'soap'
        : text
}

/** A value as a text to group or compare by; null when there is none. Lists are joined. */
export function toText(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A value as a finite number, also from a text; null otherwise. */
export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/**
 * A Salesforce id in its 18-character form. All zeros means nobody. Any other text is left as it is.
 */
export function idOf(payload: Payload, field: string): string | null {
  const id = textOf(payload, field)
  if (id === null) return null
  return id.length === 18 && !id.startsWith(noId) ? id : toId(id)
}

const noId = '0'.repeat(15)

const toId: (id: string) => string | null = memoizeByText((id) =>
  /^0{15}(AAA)?$/.test(id) ? null : (toId18(id) ?? id),
)

/**
 * Milliseconds since the epoch of `2026-11-20T08:14:03.000Z` (streams), the same without milliseconds (API below 43),
 * `…+0000` (rows read by REST) or a number (Pub/Sub). Null for anything else. A date without a time is midnight UTC.
 */
export function timeOf(payload: Payload, field: string): number | null {
  const value = payload[field]
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string') return null
  const plain = plainTime(value)
  if (!Number.isNaN(plain)) return plain
  const time = Date.parse(value.endsWith('Z') ? value : withZone(value))
  return Number.isNaN(time) ? null : time
}

let lastDate = ''
let lastMidnight = Number.NaN

/** `2026-11-20T08:14:03.000Z`, nearly always of the same day as the one before; NaN for any other form. */
function plainTime(text: string): number {
  if (text.length !== 24 || text[10] !== 'T' || text[23] !== 'Z' || text[13] !== ':' || text[16] !== ':')
    return Number.NaN
  if (text[19] !== '.') return Number.NaN
  if (!text.startsWith(lastDate) || lastDate === '') {
    lastDate = text.slice(0, 10)
    lastMidnight = Date.parse(lastDate)
  }
  const hours = digits(text, 11, 2)
  const minutes = digits(text, 14, 2)
  const seconds = digits(text, 17, 2)
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN
  return lastMidnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + digits(text, 20, 3)
}

function digits(text: string, start: number, count: number): number {
  let number = 0
  for (let at = start; at < start + count; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    number = 10 * number + digit
  }
  return number
}

function withZone(date: string): string {
  const offset = /^(.*T.*[+-]\d\d)(\d\d)$/.exec(date)
  if (offset) return `${offset[1]}:${offset[2]}`
  return /T[\d:.]+$/.test(date) ? `${date}Z` : date
}

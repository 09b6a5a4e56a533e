/** What to add to a UTC time (ms) to get local wall-clock time in the zone, at that time. */
export type ZoneOffset = (time: number) => number

/** No zone changes its offset in the middle of a half hour (UTC). */
const slotLength = 1_800_000
const maxSlots = 20_000

/**
 * The offset of an IANA time zone, daylight saving time included. Asks Intl once per half hour of time and remembers.
 * @throws RangeError for an unknown zone.
 */
export function createZoneOffset(timeZone: string): ZoneOffset {
  if (timeZone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const slots = new Map<number, number>()
  let lastSlot = Number.NaN
  let lastOffset = 0

  return (time) => {
    const slot = Math.floor(time / slotLength)
    if (slot === lastSlot) return lastOffset
    let offset = slots.get(slot)
    if (offset === undefined) {
      if (slots.size >= maxSlots) slots.clear()
      offset = parseOffset(format, slot * slotLength)
      slots.set(slot, offset)
    }
    lastSlot = slot
    lastOffset = offset
    return offset
  }
}

/** `GMT`, `GMT+02:00`, `GMT-00:44:30` → ms. */
function parseOffset(format: Intl.DateTimeFormat, time: number): number {
  const name = format.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const [, sign, hours = '0', minutes = '0', seconds = '0'] =
    /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?/.exec(name) ?? []
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -size : size
}

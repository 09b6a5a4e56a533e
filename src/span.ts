import { day, hour, minute, second } from './duration.ts'

/**
 * `at once`, `within 40 s`, `within 22 min`, `within 3 h`, `within 12 days`: how long something took, rounded up, so that it is
 * never told to be quicker than it was.
 */
export function formatWithin(milliseconds: number): string {
  if (milliseconds <= 0) return 'at once'
  const [unit, name] = unitOf(milliseconds)
  return `within ${Math.ceil(milliseconds / unit).toLocaleString('en-US')} ${name}`
}

function unitOf(milliseconds: number): readonly [unit: number, name: string] {
  if (milliseconds < 100 * second && milliseconds !== minute) return [second, 's']
  if (milliseconds < 100 * minute && milliseconds !== hour) return [minute, 'min']
  return milliseconds <= 2 * day ? [hour, 'h'] : [day, 'days']
}

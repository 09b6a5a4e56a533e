import type { Detector } from '../../../src/detection/definition/detector.ts'
import { day, hour } from '../../../src/duration.ts'
import { makeDetector, monday } from './statistics-rig.ts'

/** Watches channels that are usually busy; medium in two hours, high in six. */
export function silenceDetector(): Detector {
  return makeDetector({
    id: 'stream-silence',
    measureHash: 'silence',
    when: 'below',
    atLeast: 40,
    windows: [2 * hour, 6 * hour],
    entityType: 'type',
    entityOf: ({ type }) => ({ type: 'type', id: type }),
    levelFor: ({ window }) => (window === 6 * hour ? 'high' : 'medium'),
  })
}

/** From 8 to 18 o'clock, Monday to Friday. */
export function isOfficeHour(time: number): boolean {
  const weekday = Math.floor((time - monday) / day) % 7
  const hourOfDay = Math.floor((time % day) / hour)
  return weekday < 5 && hourOfDay >= 8 && hourOfDay < 18
}

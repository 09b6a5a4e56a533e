import type { Entity } from '../../detection/detection.ts'
import { day } from '../../duration.ts'
import type { AlertRecord } from '../alert-record.ts'
import type { Comparison, DetectorComparison, ExceptionUse, OverrideUse, Period } from '../comparison.ts'
import type { LostVerdict } from '../verdicts.ts'

/** `2026-09-03 10:22` (UTC). */
export function formatTime(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

/** `30 days, 2026-09-01 to 2026-09-30`. */
export function formatPeriod({ from, to }: Period): string {
  const days = Math.round((to - from) / day)
  if (days === 0) return 'no day'
  const date = (time: number) => new Date(time).toISOString().slice(0, 10)
  return days === 1 ? `one day, ${date(from)}` : `${days} days, ${date(from)} to ${date(to - day)}`
}

/** Alerts per week: `0`, `0.2`, `3.4`, `18`. */
export function formatRate(perWeek: number): string {
  return perWeek >= 10 ? String(Math.round(perWeek)) : String(Number(perWeek.toFixed(1)))
}

/** The name that people use, or the id. */
export function nameOf({ name, id }: Entity): string {
  return name ?? id
}

/** Whether the two sets say anything different with this detector. */
export function differs({ appear, disappear, levelChanges }: DetectorComparison): boolean {
  return appear.length + disappear.length + levelChanges.length > 0
}

/** What an exception did, as a sentence. */
export function describeException({ reason, owner, ...use }: ExceptionUse): string {
  const which = `Exception ${placeOf(use)}, “${reason}” (${owner}),`
  if (use.activities === 0) return `${which} hid nothing: remove it if it is not needed any more.`
  const what = `${which} kept out ${plural(use.activities, 'activity', 'activities')} of ${plural(use.entities, 'entity', 'entities')}`
  return use.alerts.length === 0
    ? `${what}; there would be no alert without it.`
    : `${what}; without it there would be ${plural(use.alerts.length, 'alert', 'alerts')}.`
}

/** An override that somebody wrote for this org and that does nothing. Those of a detector's file may be for attacks to come. */
export function isIdle({ overlay, activities }: OverrideUse): boolean {
  return overlay !== null && activities === 0
}

/** `Override 2 of the candidate applied to nothing.` */
export function describeOverride(use: OverrideUse): string {
  const { activities, entities } = use
  if (isIdle(use))
    return `Override ${placeOf(use)} applied to nothing: remove it if it is not needed any more.`
  if (activities === 0) return `Override ${placeOf(use)} applied to nothing in this time.`
  return `Override ${placeOf(use)} applied to ${plural(activities, 'activity', 'activities')} of ${plural(entities, 'entity', 'entities')}.`
}

/** `1`, `2 of the candidate`, `1 of today's bulk-export.yaml`: what overlays hold has the name of its file. */
function placeOf({ number, side, overlay }: ExceptionUse | OverrideUse): string {
  if (side === 'both') return overlay ? `${number} of ${overlay}` : String(number)
  if (side === 'current') return `${number} of today's ${overlay ?? 'file'}`
  return `${number} of the candidate${overlay ? `'s ${overlay}` : ''}`
}

/** What a lost verdict means, as a sentence. */
export function describeLostVerdict({ verdict, current, stillBy }: LostVerdict): string {
  const who = nameOf(verdict.entity)
  const said = `${verdict.detector}: ${who}, judged a true positive ${formatTime(verdict.time)}`
  const today = current
    ? `today: ${current.summary}`
    : "today's detectors do not raise it in this history either"
  const others = stillBy.length === 0 ? '' : `; still raised by ${stillBy.join(', ')}`
  return `${said}; ${today}${others}`
}

/** Where nothing differs, that in a word. */
export function verdictOn({ detectors }: Comparison): string {
  const appear = detectors.reduce((sum, detector) => sum + detector.appear.length, 0)
  const disappear = detectors.reduce((sum, detector) => sum + detector.disappear.length, 0)
  if (appear + disappear === 0) return 'No alert appears and none disappears.'
  return `${plural(appear, 'alert appears', 'alerts appear')}, ${plural(disappear, 'disappears', 'disappear')}.`
}

/** `1 alert`, `1,204 alerts`. */
export function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** One line of an alert: time, level, sentence. */
export function partsOf({ openedAt, level, entity, summary }: AlertRecord) {
  return { time: formatTime(openedAt), level, who: nameOf(entity), summary }
}

import { day, week } from '../../duration.ts'
import type { Period, Total } from '../comparison.ts'
import { type Html, html } from './markup.ts'

const width = 1000
/** The scale stands at the right, beside the newest days, which a narrow window shows. */
const margin = { left: 20, right: 44, top: 10, bottom: 22 }
/** More days than this are shown by week. */
const mostDays = 62

type Bar = {
  readonly from: number
  readonly days: number
  readonly current: number
  readonly candidate: number
}

/** Alerts opened per day (or week), now and with the candidate, as pairs of bars. */
export function drawAlerts(
  { from }: Period,
  current: Total | null,
  candidate: Total | null,
  height: number,
): Html {
  const bars = toBars(from, current?.daily ?? [], candidate?.daily ?? [])
  const top = niceTop(Math.max(1, ...bars.map((bar) => Math.max(bar.current, bar.candidate))))
  const plot = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom }
  const y = (value: number) => margin.top + plot.height * (1 - value / top)
  const slot = plot.width / Math.max(bars.length, 1)
  const bar = Math.max(1, Math.min(12, slot * 0.36))
  const label = `Alerts per ${bars[0]?.days === 7 ? 'week' : 'day'}, now and with the candidate`
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${[0, top / 2, top].map(
  (
    value,
  ) => html`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}"/>
<text class="tick" x="${width - margin.right + 8}" y="${y(value) + 4}">${value}</text>`,
)}
${bars.map((each, index) => {
  const middle = margin.left + slot * (index + 0.5)
  return html`<g><title>${titleOf(each)}</title><rect class="hit" x="${round(middle - slot / 2)}" y="${margin.top}" width="${round(slot)}" height="${plot.height}"/>
${column('now', middle - bar - 0.75, bar, y(each.current), y(0))}${column('then', middle + 0.75, bar, y(each.candidate), y(0))}</g>`
})}
${bars.flatMap((each, index) =>
  isLabelled(each, index, bars.length)
    ? [
        html`<text class="tick" x="${round(margin.left + slot * (index + 0.5))}" y="${height - 5}" text-anchor="middle">${shortDate(each.from)}</text>`,
      ]
    : [],
)}</svg>`
}

function column(name: string, x: number, barWidth: number, top: number, base: number): Html | '' {
  if (base - top < 0.5) return ''
  return html`<rect class="${name}" x="${round(x)}" y="${round(top)}" width="${round(barWidth)}" height="${round(base - top)}" rx="1.5"/>`
}

/** Two bars, one below the other, as long as the rates are in relation to the largest one. */
export function drawRates(current: number, candidate: number, largest: number): Html {
  const scale = (rate: number) => round((98 * rate) / Math.max(largest, 1e-9))
  return html`<svg class="rates" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"><rect class="now" x="0" y="1" width="${scale(current)}" height="5"/><rect class="then" x="0" y="8" width="${scale(candidate)}" height="5"/></svg>`
}

function toBars(from: number, current: readonly number[], candidate: readonly number[]): readonly Bar[] {
  const days = Math.max(current.length, candidate.length)
  const span = days > mostDays ? week / day : 1
  return Array.from({ length: Math.ceil(days / span) }, (_, index) => ({
    from: from + index * span * day,
    days: span,
    current: sum(current, index * span, span),
    candidate: sum(candidate, index * span, span),
  }))
}

function sum(values: readonly number[], start: number, count: number): number {
  return values.slice(start, start + count).reduce((total, value) => total + value, 0)
}

/** An even number of the form 2, 4, 6, 10, 20, 40, 60, 100, …: its half is a whole number too. */
function niceTop(value: number): number {
  for (let scale = 1; ; scale *= 10) {
    for (const step of [2, 4, 6, 10]) if (value <= step * scale) return step * scale
  }
}

/** Mondays; with few bars each one. */
function isLabelled({ from, days }: Bar, index: number, count: number): boolean {
  if (days > 1) return index % Math.ceil(count / 12) === 0
  return count <= 10 || new Date(from).getUTCDay() === 1
}

function titleOf({ from, days, current, candidate }: Bar): string {
  return `${days > 1 ? 'Week from ' : ''}${longDate(from)}: ${current} now, ${candidate} with the candidate`
}

function shortDate(time: number): string {
  return new Date(time).toLocaleDateString('en', { month: 'short', day: 'numeric', timeZone: 'UTC' })
}

function longDate(time: number): string {
  return new Date(time).toLocaleDateString('en', {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

import { version } from '../../version.ts'
import type { AlertRecord } from '../alert-record.ts'
import { byWeight, type Comparison, type DetectorComparison } from '../comparison.ts'
import { drawAlerts, drawRates } from './chart.ts'
import { type Html, html } from './markup.ts'
import { style } from './style.ts'
import {
  describeException,
  describeLostVerdict,
  describeOverride,
  differs,
  formatPeriod,
  formatRate,
  nameOf,
  partsOf,
  plural,
  verdictOn,
} from './words.ts'

/** Alerts of one kind that stand open; the others are folded away. */
const shown = 20

/** A comparison as one HTML file that needs nothing else. */
export function toHtml(comparison: Comparison): string {
  const { period, detectors } = comparison
  const different = detectors.filter(differs)
  const idle = detectors
    .filter((detector) => detector.change !== 'same' && !differs(detector))
    .map(({ detector }) => detector)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Forcewatch backtest, ${formatPeriod(period)}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<main>
<h1>${verdictOn(comparison)}</h1>
<p class="soft">Backtest over ${formatPeriod(period)}, ${plural(comparison.events, 'event', 'events')}${malformed(comparison)}. Both sets of detectors start with nothing learned.</p>
${tiles(comparison)}
${lostVerdicts(comparison)}
<section class="card">
<div class="legend"><strong>Alerts opened</strong>${legend}</div>
<div class="scroll newest">${drawAlerts(period, comparison.current, comparison.candidate, 210)}</div>
</section>
${table(detectors)}
${different.length > 0 && html`<h2>What differs</h2>`}
${different.map((detector) => section(detector, comparison))}
${idle.length > 0 && html`<p class="soft">Changed, and says the same: ${idle.join(', ')}.</p>`}
${notes(detectors.filter((detector) => !differs(detector)))}
<p class="soft">Forcewatch ${version}</p>
</main>
</body>
</html>
`
  return page.markup
}

const legend = html`<span><i class="now"></i>now</span><span><i class="then"></i>candidate</span>`

function malformed({ malformed: count }: Comparison): string {
  return count === 0 ? '' : ` (${count.toLocaleString('en')} of them malformed)`
}

function tiles({ current, candidate, detectors, verdicts, lostVerdicts: lost }: Comparison): Html {
  const appear = detectors.reduce((sum, detector) => sum + detector.appear.length, 0)
  const disappear = detectors.reduce((sum, detector) => sum + detector.disappear.length, 0)
  return html`<div class="tiles">
<div class="tile"><b>${formatRate(current.perWeek)}<span class="arrow"> → </span><span class="then-text">${formatRate(candidate.perWeek)}</span></b><span>alerts per week, now and with the candidate</span></div>
<div class="tile"><b class="${appear > 0 && 'more'}">${appear.toLocaleString('en')}</b><span>${appear === 1 ? 'alert appears' : 'alerts appear'}</span></div>
<div class="tile"><b class="${disappear > 0 && 'less'}">${disappear.toLocaleString('en')}</b><span>${disappear === 1 ? 'alert disappears' : 'alerts disappear'}</span></div>
<div class="tile"><b class="${lost.length > 0 && 'more'}">${verdicts === 0 ? '–' : lost.length}</b><span>${verdicts === 0 ? 'no alert was judged a true positive' : `of ${plural(verdicts, 'true positive', 'true positives')} lost`}</span></div>
</div>`
}

function lostVerdicts({ lostVerdicts: lost }: Comparison): Html | null {
  if (lost.length === 0) return null
  return html`<section>
<h2>True positives that the candidate misses</h2>
${lost.map((each) => html`<p class="warning">${describeLostVerdict(each)}</p>`)}
</section>`
}

function table(detectors: readonly DetectorComparison[]): Html {
  const rates = detectors.map(({ current, candidate }) => ({
    current: current?.perWeek ?? 0,
    candidate: candidate?.perWeek ?? 0,
  }))
  const largest = Math.max(0, ...rates.flatMap((rate) => [rate.current, rate.candidate]))
  return html`<section class="card scroll">
<table class="rates-table">
<thead><tr><th>Detector</th><th class="number">Now, per week</th><th class="number">Then, per week</th><th class="bars"></th><th class="number">Appear</th><th class="number">Disappear</th></tr></thead>
<tbody>
${detectors.map((detector, index) => {
  const rate = rates[index] ?? { current: 0, candidate: 0 }
  return html`<tr>
<td>${differs(detector) ? html`<a href="#${detector.detector}">${detector.detector}</a>` : detector.detector} <span class="soft">${changeOf(detector)}</span></td>
<td class="number">${detector.current ? formatRate(rate.current) : '–'}</td>
<td class="number">${detector.candidate ? formatRate(rate.candidate) : '–'}</td>
<td class="bars">${drawRates(rate.current, rate.candidate, largest)}</td>
<td class="number ${detector.appear.length > 0 && 'more'}">${detector.appear.length || ''}</td>
<td class="number ${detector.disappear.length > 0 && 'less'}">${detector.disappear.length || ''}</td>
</tr>`
})}
</tbody>
</table>
</section>`
}

function changeOf({ change, status }: DetectorComparison): string {
  const experimental = (status.candidate ?? status.current) === 'experimental' ? 'experimental' : ''
  return [change === 'same' ? '' : change, experimental].filter(Boolean).join(', ')
}

function section(detector: DetectorComparison, { period }: Comparison): Html {
  const { current, candidate, appear, disappear, levelChanges, topEntities } = detector
  return html`<section class="card" id="${detector.detector}">
<div class="head"><h3>${detector.title}</h3><code>${detector.detector}</code><span class="badge soft">${changeOf(detector) || 'unchanged itself'}</span></div>
<p class="numbers">${current ? `${formatRate(current.perWeek)} alerts a week now` : 'not there now'}, ${candidate ? `${formatRate(candidate.perWeek)} with the candidate` : 'not with the candidate'}.</p>
${(current?.alerts ?? 0) + (candidate?.alerts ?? 0) > 0 && html`<div class="scroll newest">${drawAlerts(period, current, candidate, 120)}</div>`}
${alerts('Appear', appear, 'more')}
${alerts('Disappear', disappear, 'less')}
${levelChanges.length > 0 && html`<h4>Change their level (${levelChanges.length})</h4><div class="scroll"><table class="alerts">${levelChanges.slice(0, shown).map(levelRow)}</table></div>`}
${topEntities.length > 0 && html`<h4>Most alerts</h4><ul>${topEntities.map((top) => html`<li>${nameOf(top.entity)}: ${top.current} now, ${top.candidate} with the candidate</li>`)}</ul>`}
${remarks(detector)}
</section>`
}

function alerts(title: string, list: readonly AlertRecord[], kind: 'more' | 'less'): Html | null {
  if (list.length === 0) return null
  const ordered = list.toSorted(byWeight)
  const rest = ordered.slice(shown)
  return html`<h4>${title} (${list.length.toLocaleString('en')})</h4>
<div class="scroll"><table class="alerts">${ordered.slice(0, shown).map((alert) => alertRow(alert, kind))}</table></div>
${rest.length > 0 && html`<details><summary>${plural(rest.length, 'more', 'more')}</summary><div class="scroll"><table class="alerts">${rest.map((alert) => alertRow(alert, kind))}</table></div></details>`}`
}

function alertRow(alert: AlertRecord, kind: 'more' | 'less'): Html {
  const { time, level, summary } = partsOf(alert)
  return html`<tr><td class="mark ${kind}">${kind === 'more' ? '+' : '−'}</td><td class="time">${time}</td><td class="level"><span class="badge ${level}">${level}</span></td><td class="text">${summary}</td></tr>`
}

function levelRow({ current, candidate }: DetectorComparison['levelChanges'][number]): Html {
  const { time, summary } = partsOf(candidate)
  return html`<tr><td class="time">${time}</td><td class="level"><span class="badge ${current.level}">${current.level}</span> → <span class="badge ${candidate.level}">${candidate.level}</span></td><td class="text">${summary}</td></tr>`
}

function remarks({ exceptions, overrides }: DetectorComparison): Html | null {
  const lines = [...exceptions.map(describeException), ...overrides.map(describeOverride)]
  if (lines.length === 0) return null
  return html`<h4>Exceptions and overrides</h4><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
}

/** Exceptions and overrides of detectors in which nothing differs. */
function notes(detectors: readonly DetectorComparison[]): Html | null {
  const noted = detectors.filter(({ exceptions, overrides }) => exceptions.length + overrides.length > 0)
  if (noted.length === 0) return null
  return html`<h2>Exceptions and overrides of the others</h2>
${noted.map((detector) => html`<section class="card"><h3>${detector.detector}</h3>${remarks(detector)}</section>`)}`
}

// The analyst's page. Everything that comes from the service is shown through textContent and never as markup.

const pollInterval = 5_000
const longest = 4_000
const year = 365.25 * 86_400_000
const levels = ['critical', 'high', 'medium', 'low', 'informational']
const eventWords = {
  opened: 'opened',
  'level-rose': 'level rose',
  resolved: 'resolved',
  reopened: 'reopened',
  notified: 'notified',
  'not-notified': 'not notified',
  delivered: 'delivered',
  failed: 'failed',
  judged: 'judged',
}
const verdictWords = {
  true_positive: 'true positive: it was an attack',
  false_positive: 'false positive: nothing was wrong',
  benign: 'benign: it happened, and is harmless',
  expected: 'expected: it is known and will come again',
  duplicate: 'duplicate of another alert',
  test: 'test: we did it ourselves',
}

/** id → { text, node }: an alert is drawn anew only when it changed, so that nothing folds up under the reader. */
const shown = new Map()
let lastAnswer = ''
/** A notification links to `/#alert-<id>`, which opens that alert, also one that the next answer brings. */
let linked = linkedAlert()

async function refresh() {
  try {
    const [ready, open, resolved] = await Promise.all([
      getJson('/-/ready', [200, 503]),
      getJson('/api/alerts?status=open&limit=500'),
      getJson('/api/alerts?status=resolved&limit=50'),
    ])
    showHealth(ready)
    showLevels(open.alerts)
    showAlerts('open', sortByLevel(open.alerts), open.time)
    showAlerts('recent', resolved.alerts, open.time)
    goToLinked()
    forgetGone([...open.alerts, ...resolved.alerts])
    lastAnswer = formatTime(open.time)
    byId('updated').textContent = `as of ${lastAnswer}`
    byId('banner').hidden = true
    const told = open.alerts.filter((alert) => !isExperimental(alert)).length
    document.title = told ? `(${told}) Forcewatch` : 'Forcewatch'
  } catch (error) {
    byId('banner').textContent = lastAnswer
      ? `Forcewatch does not answer (${error.message}). What you see is as of ${lastAnswer}.`
      : `Forcewatch does not answer (${error.message}).`
    byId('banner').hidden = false
  }
  setTimeout(refresh, pollInterval)
}

async function getJson(path, accepted = [200]) {
  const response = await fetch(path, { signal: AbortSignal.timeout(10_000) })
  if (!accepted.includes(response.status)) throw new Error(`status ${response.status}`)
  return response.json()
}

function showHealth({ ready, reasons }) {
  const health = byId('health')
  health.textContent = ready ? 'watching' : `not ready: ${reasons.join('; ')}`
  health.className = ready ? 'health ready' : 'health not-ready'
}

/** Nobody is told of an alert of an experimental detector, so that it counts for nothing here either. */
function isExperimental(alert) {
  return alert.latest.detector.status === 'experimental'
}

function showLevels(alerts) {
  const counted = alerts.filter((alert) => !isExperimental(alert))
  const items = levels
    .map((level) => ({ level, count: counted.filter((alert) => alert.level === level).length }))
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => {
      const item = element('li', '', element('b', '', String(count)), ` ${level}`)
      item.dataset.level = level
      return item
    })
  const tried = alerts.length - counted.length
  if (tried > 0)
    items.push(
      element(
        'li',
        '',
        element('b', '', String(tried)),
        ` experimental: being tried out, nobody is told and no level counts ${tried === 1 ? 'it' : 'them'}`,
      ),
    )
  byId('levels').replaceChildren(...items)
}

function showAlerts(section, alerts, now) {
  const told = alerts.filter((alert) => !isExperimental(alert)).length
  byId(`${section}-count`).textContent = alerts.length ? String(told) : ''
  byId(`${section}-empty`).hidden = alerts.length > 0
  const list = byId(section)
  const nodes = alerts.map((alert) => nodeOf(alert))
  const current = [...list.children]
  if (nodes.length !== current.length || nodes.some((node, index) => node !== current[index])) {
    list.replaceChildren(...nodes)
  }
  alerts.forEach((alert, index) => {
    nodes[index].querySelector('.since').textContent = sinceText(alert, now)
  })
}

function nodeOf(alert) {
  const text = JSON.stringify(alert)
  const before = shown.get(alert.id)
  if (before?.text === text) return before.node
  // Whoever is writing a note must not lose it.
  if (before?.node.querySelector('.verdict')?.contains(document.activeElement)) return before.node
  const node = drawAlert(alert)
  node.open = before?.node.open ?? false
  shown.set(alert.id, { text, node })
  return node
}

function linkedAlert() {
  const [, id] = location.hash.match(/^#alert-(.+)$/) ?? []
  return id === undefined ? null : decodeURIComponent(id)
}

function goToLinked() {
  const node = shown.get(linked)?.node
  if (!node) return
  node.open = true
  node.scrollIntoView()
  linked = null
}

function forgetGone(alerts) {
  const ids = new Set(alerts.map((alert) => alert.id))
  for (const id of shown.keys()) if (!ids.has(id)) shown.delete(id)
}

function drawAlert(alert) {
  const { peak } = alert
  const { entity, detector, org } = peak
  const experimental = isExperimental(alert)
  const node = element('details', `alert ${alert.status}${experimental ? ' experimental' : ''}`)
  node.dataset.level = alert.level
  const { user, name, profile } = peak.trigger.fields
  const known = entity.type === 'user' && user === entity.id && name ? [name, profile].filter(Boolean) : []
  const who = element('span', 'who', entity.name ?? entity.id)
  if (experimental) who.append(element('span', 'badge', 'experimental'))
  who.append(element('small', '', [...known, entity.type, detector.id, org.name].join(' · ')))
  const since = element('span', 'since')
  since.title = `opened ${new Date(alert.openedAt).toISOString()}`
  node.append(
    element(
      'summary',
      '',
      element('span', 'level', alert.level),
      who,
      since,
      element('span', 'sentence', peak.summary),
      element('span', 'usual', usualText(alert)),
    ),
    drawDetails(alert),
  )
  return node
}

function drawDetails(alert) {
  const { peak } = alert
  const details = element('div', 'more')
  details.append(
    block('What to do', element('div', 'runbook', unwrap(peak.detector.runbook)), 'wide'),
    block('What was found', facts(explanation(alert))),
    ...(peak.contributors.length ? [block('What it consists of', drawShares(peak.contributors))] : []),
    block('The event that fired it', facts(triggerFacts(peak.trigger))),
    ...(peak.samples.length ? [block('Events in the window', list('ids', peak.samples))] : []),
    block('What this watches, and why', drawParagraphs(peak.detector.description), 'wide'),
    ...(peak.detector.falsepositives.length
      ? [block('Known harmless causes', element('p', '', peak.detector.falsepositives.join(' · ')), 'wide')]
      : []),
    block('Verdict', drawVerdict(alert), 'wide'),
    block('History', drawHistory(alert.history), 'wide'),
  )
  return details
}

/** Lines that go on with a step stand in its line: how wide the file is says nothing of the window. */
function unwrap(runbook) {
  return runbook.replace(/\n[ \t]+(?![ \t]|[-*•]|\d+[.)])/g, ' ')
}

function drawParagraphs(text) {
  return element('div', 'paragraphs', ...text.split('\n').map((paragraph) => element('p', '', paragraph)))
}

function explanation(alert) {
  const { peak } = alert
  const { measure, window, span } = peak
  const length = span ? span.until - span.since : window.length
  return [
    ['Detector', peak.detector.title],
    ['Counted', `${formatNumber(peak.observed)} ${measure.unit} in ${formatDuration(length)}`],
    ['Since', formatTime(alert.openedAt)],
    ['Last seen', formatTime(alert.lastSeenAt)],
    ['Detections', formatNumber(alert.count)],
    ...peak.explanation.map(({ label, value }) => [label, value]),
  ]
}

function usualText({ peak: { statistics, measure, window } }) {
  if (!statistics) return `${measure.expression} in ${formatDuration(window.length)}, no baseline`
  if (statistics.high < 1) return `usually no ${measure.unit} in ${formatDuration(window.length)}`
  const range = `${formatNumber(statistics.low)}–${formatNumber(statistics.high)}`
  const times = statistics.ratio >= 2 ? ` · ${formatNumber(statistics.ratio)} times as much as expected` : ''
  return `usual ${range} ${measure.unit} in ${formatDuration(window.length)}${times}`
}

function triggerFacts({ type, id, time, fields }) {
  return [
    ['Type', type],
    ['Event', id],
    [
      'Time',
      new Date(time)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z/, ' UTC'),
    ],
    ...Object.entries(fields).map(([field, value]) => [field, String(value)]),
  ]
}

function drawShares(contributors) {
  const items = contributors.map(({ field, value, share }) => {
    const bar = document.createElement('progress')
    bar.max = 1
    bar.value = share
    const part = element('span', 'part', `${Math.round(share * 100)} %`)
    return element('li', '', part, element('span', '', `${field}: ${value}`), bar)
  })
  return element('ul', 'shares', ...items)
}

/** What was said, and what may be said: it teaches the baselines. */
function drawVerdict(alert) {
  const said = element(
    'p',
    'said',
    alert.verdict ? describeVerdict(alert.verdict) : 'Nobody has said anything yet.',
  )
  const choice = document.createElement('select')
  choice.ariaLabel = 'Verdict'
  choice.append(
    ...Object.entries(verdictWords).map(([word, text]) => {
      const option = element('option', '', text)
      option.value = word
      return option
    }),
  )
  choice.value = alert.verdict?.word ?? 'true_positive'
  const note = textField('Why (is kept with the alert)', 1000)
  const by = textField('Your name', 100)
  by.value = localStorage.getItem('by') ?? ''
  const button = element('button', '', 'Give verdict')
  button.type = 'button'
  button.addEventListener('click', async () => {
    button.disabled = true
    localStorage.setItem('by', by.value)
    said.textContent = await giveVerdict(alert.id, { verdict: choice.value, note: note.value, by: by.value })
    button.disabled = false
    button.blur()
  })
  return element('div', 'verdict', said, choice, note, by, button)
}

function textField(placeholder, length) {
  const field = document.createElement('input')
  field.placeholder = placeholder
  field.ariaLabel = placeholder
  field.maxLength = length
  return field
}

async function giveVerdict(id, verdict) {
  try {
    const response = await fetch(`/api/alerts/${encodeURIComponent(id)}/verdict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(verdict),
    })
    if (response.ok) return 'Noted.'
    const { error, remedy } = await response.json()
    return `Not noted: ${[error, remedy].filter(Boolean).join(' ')}`
  } catch (error) {
    return `Not noted: ${error.message}`
  }
}

function describeVerdict({ word, by, note, time }) {
  const who = by ? ` by ${by}` : ''
  return `${word.replace('_', ' ')}${who}, ${formatTime(time)}${note ? `: ${note}` : ''}`
}

function drawHistory(history) {
  const items = history.toReversed().map(({ time, event, detail }) => {
    const when = element('time', '', formatTime(time))
    return element(
      'li',
      '',
      when,
      element('span', '', eventWords[event] ?? event),
      element('span', '', detail),
    )
  })
  return element('ol', 'history', ...items)
}

function block(title, content, className = '') {
  return element('section', className, element('h3', '', title), content)
}

function facts(rows) {
  return element(
    'dl',
    '',
    ...rows.flatMap(([term, text]) => [element('dt', '', term), element('dd', '', text)]),
  )
}

function list(className, texts) {
  return element('ul', className, ...texts.map((text) => element('li', '', text)))
}

/** Children are nodes or texts; `append` takes a text as text. */
function element(tag, className, ...children) {
  const node = document.createElement(tag)
  if (className) node.className = className
  node.append(...children.map((child) => (typeof child === 'string' ? plain(child) : child)))
  return node
}

/** Without the characters that reorder what stands around them, and not endless. */
function plain(text) {
  const clean = text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

function byId(id) {
  return document.getElementById(id)
}

/** What somebody is told of first, then by level. */
function sortByLevel(alerts) {
  const rank = (alert) => (isExperimental(alert) ? levels.length : 0) + levels.indexOf(alert.level)
  return alerts.toSorted((a, b) => rank(a) - rank(b))
}

function sinceText(alert, now) {
  if (alert.status === 'resolved') return `resolved ${formatTime(alert.resolvedAt ?? alert.lastSeenAt)}`
  return `for ${formatDuration(Math.max(0, now - alert.openedAt))}`
}

/** The two largest units: `2 h 5 min`. JSON writes infinity as null. */
function formatDuration(milliseconds) {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ]
  const years = milliseconds / year
  if (milliseconds === null || years > 1_000) return 'more than 1,000 years'
  if (years >= 2) return `${Math.round(years)} years`
  let rest = Math.round(milliseconds / 1_000) * 1_000
  const parts = []
  for (const [unit, size] of units) {
    const amount = Math.floor(rest / size)
    rest -= amount * size
    if (amount > 0) parts.push(`${amount} ${unit}`)
    if (parts.length === 2 || (parts.length === 1 && amount === 0)) break
  }
  return parts.join(' ') || '0 s'
}

function formatNumber(value) {
  return new Intl.NumberFormat('en', {
    maximumSignificantDigits: value < 100 ? 2 : 15,
    maximumFractionDigits: 0,
  }).format(value < 100 ? value : Math.round(value))
}

/** In the reader's own time zone. */
function formatTime(milliseconds) {
  return new Intl.DateTimeFormat('en-GB', {
    day: '2-digit',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(milliseconds)
}

addEventListener('hashchange', () => {
  linked = linkedAlert()
  goToLinked()
})
void refresh()

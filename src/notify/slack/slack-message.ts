import type { Level } from '../../detection/detection.ts'
import { type Fact, type Message, type MessageOptions, toMessage } from '../message.ts'
import type { Notification } from '../notifier.ts'

/** The body of a post to an incoming webhook. */
export type SlackMessage = {
  readonly text: string
  readonly mrkdwn: false
  readonly link_names: false
  readonly unfurl_links: false
  readonly unfurl_media: false
  readonly blocks: readonly SlackBlock[]
}

type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }
type Markup = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true }
type Button = {
  readonly type: 'button'
  readonly action_id: string
  readonly text: PlainText
  readonly url: string
}

/** The kinds of block that a message is made of. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'section'; readonly fields: readonly (PlainText | Markup)[] }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] }
  | { readonly type: 'actions'; readonly elements: readonly Button[] }

/** Lengths that keep the parts within Slack's limits (header 150, field 2,000, section 3,000) and the whole below 12,000. */
const limits = {
  header: 150,
  text: 400,
  sentence: 2000,
  fact: 500,
  steps: 1800,
  why: 300,
  source: 600,
  url: 3000,
} as const

/** Lines of the explanation that a message in a channel has room for; the rest is on the page. */
const whyShown: ReadonlySet<string> = new Set(['App', 'Baseline', 'Own largest'])

const marks: Readonly<Record<Level, string>> = {
  informational: '⚪',
  low: '🔵',
  medium: '🟡',
  high: '🟠',
  critical: '🔴',
}

/**
 * A notification in Block Kit. Text from outside stands in `plain_text` objects only, which know neither emphasis nor
 * mentions nor links; markup is used for our own labels. Source of the limits: docs.slack.dev, Block Kit reference.
 */
export function toSlackMessage(notification: Notification, options: MessageOptions): SlackMessage {
  const message = toMessage(notification, options)
  const { label, who, what, sentence, facts, explanation, steps, source } = message
  const mark = notification.cause === 'resolved' ? '✅' : marks[notification.alert.level]
  const title = `${mark} ${label} · ${who} · ${what}`
  const blocks: SlackBlock[] = [
    { type: 'header', text: plain(title, limits.header) },
    { type: 'section', text: plain(sentence, limits.sentence) },
    // The sentence says how much; twice is once too often at night.
    ...toSections(facts.filter(({ label }) => label !== 'Observed')),
  ]
  if (steps.length > 0) {
    const lines = ['What to do', ...steps.map((step, index) => `${index + 1}. ${step}`)]
    blocks.push({ type: 'section', text: plain(lines.join('\n'), limits.steps) })
  }
  const buttons = buttonsOf(message)
  if (buttons.length > 0) blocks.push({ type: 'actions', elements: buttons })
  const why = explanation.filter(({ label }) => whyShown.has(label))
  blocks.push({
    type: 'context',
    elements: [
      ...why.map(({ label, value }) => plain(`${label}: ${value}`, limits.why)),
      plain(source, limits.source),
    ],
  })
  return {
    // A telephone shows little more than the first line.
    text: escapeText(`${mark} ${label} · ${sentence}`, limits.text),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks,
  }
}

/** Slack takes ten fields in a section: five facts. */
function toSections(facts: readonly Fact[]): SlackBlock[] {
  const sections: SlackBlock[] = []
  for (let start = 0; start < facts.length; start += 5) {
    const fields = facts
      .slice(start, start + 5)
      .flatMap(({ label, value }) => [bold(label), plain(value, limits.fact)])
    sections.push({ type: 'section', fields })
  }
  return sections
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * Text without any meaning to Slack, at most `limit` characters after escaping: its three control characters become
 * entities, and the words that would call everybody get another `@`.
 */
export function escapeText(text: string, limit: number): string {
  const harmless = text.replace(/@(?=(channel|here|everyone|group)\b)/gi, '＠')
  let escaped = ''
  for (const character of harmless) {
    const next = escapes[character] ?? character
    if (escaped.length + next.length > limit - 1) return `${escaped}…`
    escaped += next
  }
  return escaped
}

function plain(text: string, limit: number): PlainText {
  return { type: 'plain_text', text: escapeText(text, limit), emoji: false }
}

/** Only for words of our own. */
function bold(label: string): Markup {
  return { type: 'mrkdwn', text: `*${label}*`, verbatim: true }
}

function buttonsOf({ link, userLink }: Message): readonly Button[] {
  const links = [
    ['open-alert', 'Open in Forcewatch', link],
    ['open-user', 'Open user in Salesforce', userLink],
  ] as const
  return links.flatMap(([id, text, url]) =>
    url === null || url.length > limits.url
      ? []
      : [{ type: 'button', action_id: id, text: plain(text, 75), url } as const],
  )
}

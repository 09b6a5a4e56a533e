import type { SlackBlock, SlackMessage } from '../../src/notify/slack/slack-message.ts'
import { createFakeReceiver, type FakeReceiver } from './fake-receiver.ts'

/** A Slack incoming webhook that refuses whatever breaks the documented limits of Block Kit. */
export function createFakeSlack(): Promise<FakeReceiver<SlackMessage>> {
  return createFakeReceiver<SlackMessage>({
    path: '/services/T000/B000/verysecretwebhooktoken',
    success: { status: 200, body: 'ok' },
    check: checkSlackMessage,
    refuse: () => ({ status: 400, body: 'invalid_blocks' }),
  })
}

/** What a message breaks: lengths, numbers, and text that Slack would read as markup. */
export function checkSlackMessage(message: SlackMessage): readonly string[] {
  const problems: string[] = []
  const within = (what: string, length: number, most: number, least = 1) => {
    if (length < least || length > most) problems.push(`${what}: ${length}, allowed ${least} to ${most}`)
  }
  const text = (what: string, object: { type: string; text: string }, most: number) => {
    within(what, object.text.length, most)
    if (object.type === 'mrkdwn') problems.push(...markupProblems(what, object.text))
    problems.push(...escapeProblems(what, object.text))
  }
  within('text', message.text.length, 40_000)
  problems.push(...escapeProblems('text', message.text))
  if (message.mrkdwn !== false) problems.push('text may be read as markup')
  if (message.unfurl_links !== false || message.unfurl_media !== false) problems.push('links may unfurl')
  within('blocks', message.blocks.length, 50)
  within('all blocks', JSON.stringify(message.blocks).length, 12_000)
  for (const block of message.blocks) checkBlock(block, within, text)
  return problems
}

function checkBlock(
  block: SlackBlock,
  within: (what: string, length: number, most: number, least?: number) => void,
  text: (what: string, object: { type: string; text: string }, most: number) => void,
): void {
  if (block.type === 'header') text('header', block.text, 150)
  else if (block.type === 'section') {
    if ('text' in block) text('section', block.text, 3000)
    else {
      within('fields', block.fields.length, 10)
      for (const field of block.fields) text('field', field, 2000)
    }
  } else if (block.type === 'context') {
    within('context elements', block.elements.length, 10)
    for (const element of block.elements) text('context', element, 3000)
  } else {
    within('actions', block.elements.length, 25)
    for (const { text: label, url } of block.elements) {
      text('button', label, 75)
      within('button url', url.length, 3000)
    }
  }
}

/** `&`, `<` and `>` control Slack's parser: they may only come as entities. Nothing may call everybody. */
function escapeProblems(what: string, text: string): string[] {
  const problems: string[] = []
  if (/[<>]|&(?!(amp|lt|gt);)/.test(text)) problems.push(`${what}: unescaped: ${text.slice(0, 80)}`)
  if (/@(channel|here|everyone|group)\b/i.test(text)) problems.push(`${what}: calls everybody`)
  if (/:\/\//.test(text)) problems.push(`${what}: holds an address`)
  if (/[\p{Bidi_Control}\u200b-\u200d\ufeff]/u.test(text)) problems.push(`${what}: invisible characters`)
  return problems
}

/** Only our own labels are marked up. */
function markupProblems(what: string, text: string): string[] {
  return /^\*[A-Z][a-z ]{1,20}\*$/.test(text) ? [] : [`${what}: foreign text in mrkdwn: ${text.slice(0, 80)}`]
}

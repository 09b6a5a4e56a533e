import type { Clock } from '../../clock.ts'
import { second } from '../../duration.ts'
import { messageOf } from '../../errors.ts'
import { type HttpResult, isTemporary, postJson } from '../http.ts'
import type { MessageOptions } from '../message.ts'
import type { Delivery, Notifier } from '../notifier.ts'
import { toSlackMessage } from './slack-message.ts'

export type SlackNotifierOptions = MessageOptions & {
  readonly receiver: string
  /** The URL of the incoming webhook: a secret, read anew for every delivery so that it can be rotated. */
  readonly readSecret: () => string | Promise<string>
  readonly clock: Clock
}

/** What can be done about Slack's refusals, by its error text. */
const remedies: Readonly<Record<string, string>> = {
  invalid_token: 'the webhook was revoked: create a new one and put its URL into the configuration',
  no_service:
    'the webhook does not exist (any more): create a new one and put its URL into the configuration',
  no_service_id: 'the webhook URL is incomplete: copy it again',
  no_team: 'the webhook URL names no workspace: copy it again',
  team_disabled: 'the Slack workspace is disabled',
  invalid_auth: 'the webhook was revoked: create a new one and put its URL into the configuration',
  account_inactive: 'whoever created the webhook is deactivated: create a new one',
  token_revoked: 'the Slack app was removed: install it again and create a new webhook',
  channel_not_found: 'the channel of the webhook is gone: create a webhook for another channel',
  channel_is_archived: 'unarchive the channel, or create a webhook for another one',
  is_archived: 'unarchive the channel, or create a webhook for another one',
  action_prohibited: "the workspace's administrators forbid it: ask them to allow the webhook",
  restricted_action: "the workspace's administrators forbid posting there: ask them to allow the webhook",
  posting_to_general_channel_denied: 'only administrators may post to the general channel: use another one',
  not_in_channel: 'invite the Slack app into the channel',
}

const temporary = new Set([
  'rate_limited',
  'ratelimited',
  'message_limit_exceeded',
  'rollup_error',
  'internal_error',
  'fatal_error',
  'service_unavailable',
])

/** Posts notifications to a Slack incoming webhook, which takes one message a second. */
export function createSlackNotifier({
  receiver,
  readSecret,
  clock,
  ...message
}: SlackNotifierOptions): Notifier {
  return {
    receiver,
    spacing: second,
    async deliver(notification, signal): Promise<Delivery> {
      const url = await readUrl(readSecret)
      if (url.kind !== 'url') return url
      return judge(await postJson(url.url, toSlackMessage(notification, message), signal, clock.now()))
    },
  }
}

async function readUrl(
  readSecret: SlackNotifierOptions['readSecret'],
): Promise<{ readonly kind: 'url'; readonly url: string } | Delivery> {
  try {
    const url = (await readSecret()).trim()
    if (URL.canParse(url)) return { kind: 'url', url }
    return { kind: 'rejected', reason: 'the webhook URL is not a URL: copy it from the Slack app' }
  } catch (error) {
    return { kind: 'retry', reason: `the webhook URL cannot be read: ${messageOf(error)}` }
  }
}

function judge(result: HttpResult): Delivery {
  if (result.kind === 'unreachable') return { kind: 'retry', reason: result.reason }
  const { status, body, retryAfter } = result
  if (status === 200 && body.trim() === 'ok') return { kind: 'accepted' }
  const answer = parseAnswer(body)
  const reason = `HTTP ${status} ${answer.error}`
  const after = retryAfter ?? answer.retryAfter
  if (isTemporary(status) || temporary.has(answer.error))
    return { kind: 'retry', reason, ...(after !== undefined && { after }) }
  const remedy = Object.hasOwn(remedies, answer.error) ? remedies[answer.error] : undefined
  if (remedy) return { kind: 'rejected', reason: `${reason}: ${remedy}` }
  if (status < 300)
    return { kind: 'retry', reason: `${reason}: that is not Slack's answer; is there a proxy?` }
  return { kind: 'rejected', reason: `${reason}: check that the webhook URL is the one that Slack shows` }
}

/** Slack answers with an error text, or with JSON that holds it. What looks like neither is not repeated. */
function parseAnswer(body: string): { readonly error: string; readonly retryAfter?: number } {
  const text = body.trim()
  if (/^[a-z_]{1,60}$/.test(text)) return { error: text }
  try {
    const { error, retry_after: seconds } = JSON.parse(text)
    return {
      error: typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'unknown answer',
      ...(typeof seconds === 'number' && { retryAfter: seconds * second }),
    }
  } catch {
    return { error: 'unknown answer' }
  }
}

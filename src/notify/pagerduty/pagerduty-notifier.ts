import type { Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import { messageOf } from '../../errors.ts'
import { type HttpResult, isTemporary, postJson } from '../http.ts'
import type { MessageOptions } from '../message.ts'
import type { Delivery, Notifier } from '../notifier.ts'
import { toPlainText } from '../plain-text.ts'
import { toPagerDutyEvent } from './pagerduty-event.ts'

export type PagerDutyNotifierOptions = MessageOptions & {
  readonly receiver: string
  /** The integration's routing key: a secret, read anew for every delivery so that it can be rotated. */
  readonly readSecret: () => string | Promise<string>
  /** Address of the Events API; `https://events.eu.pagerduty.com` for accounts in the EU. Without a path, the API's own. */
  readonly url?: string
  readonly clock: Clock
}

const defaultUrl = 'https://events.pagerduty.com'
/** PagerDuty takes about 120 events a minute per integration. */
const spacing = minute / 120
const throttlePause = 30 * second

/** Sends notifications to PagerDuty's Events API v2. */
export function createPagerDutyNotifier(options: PagerDutyNotifierOptions): Notifier {
  const { receiver, readSecret, url = defaultUrl, clock, ...message } = options
  const endpoint = toEndpoint(url)
  return {
    receiver,
    spacing,
    async deliver(notification, signal): Promise<Delivery> {
      const key = await readKey(readSecret)
      if (key.kind !== 'key') return key
      const event = { routing_key: key.key, ...toPagerDutyEvent(notification, message) }
      return judge(await postJson(endpoint, event, signal, clock.now()), key.key)
    },
  }
}

function toEndpoint(url: string): string {
  const endpoint = new URL(url)
  if (endpoint.pathname === '/') endpoint.pathname = '/v2/enqueue'
  return endpoint.href
}

async function readKey(
  readSecret: PagerDutyNotifierOptions['readSecret'],
): Promise<{ readonly kind: 'key'; readonly key: string } | Delivery> {
  try {
    return { kind: 'key', key: (await readSecret()).trim() }
  } catch (error) {
    return { kind: 'retry', reason: `the routing key cannot be read: ${messageOf(error)}` }
  }
}

function judge(result: HttpResult, key: string): Delivery {
  if (result.kind === 'unreachable') return { kind: 'retry', reason: result.reason }
  const { status, retryAfter } = result
  if (status === 202) return { kind: 'accepted' }
  const reason = `HTTP ${status}${describe(result.body, key)}`
  if (status === 429) return { kind: 'retry', reason, after: retryAfter ?? throttlePause }
  if (isTemporary(status) || status < 300)
    return { kind: 'retry', reason, ...(retryAfter !== undefined && { after: retryAfter }) }
  const remedy =
    status === 400
      ? 'check that the routing key is the 32-character key of an Events API v2 integration'
      : 'check the url of the receiver'
  return { kind: 'rejected', reason: `${reason}: ${remedy}` }
}

/** What PagerDuty says is wrong, without the key if it repeats that. */
function describe(body: string, key: string): string {
  try {
    const { message, errors } = JSON.parse(body)
    const parts = [message, ...(Array.isArray(errors) ? errors : [])].filter(
      (part) => typeof part === 'string',
    )
    const text = parts.join('; ')
    return parts.length === 0 ? '' : ` ${toPlainText(key ? text.replaceAll(key, '<secret>') : text, 300)}`
  } catch {
    return ''
  }
}

import { minute } from '../../duration.ts'
import type { EventMessage } from '../event-message.ts'
import type { FaultKind, Refusal, SessionEnd } from '../transport.ts'
import type { Advice, BayeuxMessage } from './bayeux-message.ts'

/** What one answer of the server means. */
export type Verdict =
  | { readonly kind: 'fine'; readonly reply: BayeuxMessage; readonly events: readonly EventMessage[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly events: readonly EventMessage[] }
  | { readonly kind: 'end'; readonly end: SessionEnd }

type Fault = { readonly kind: FaultKind; readonly text: string }

/** What nobody asked for: the session, or a subscription, is over. */
const dismissals: ReadonlySet<string> = new Set(['/meta/disconnect', '/meta/unsubscribe'])
/** Advice, in whatever message, after which a session does not go on. */
const endings: ReadonlySet<unknown> = new Set(['handshake', 'none'])
/** The longest time that a server may ask for, ms: more would be a mistake that stops us for good. */
const longestPause = 5 * minute

/**
 * Judges an answer as a whole. Events that come together with the end of a session are left to the next session, which
 * gets them again from the cursors.
 */
export function judgeAnswer(answer: readonly BayeuxMessage[], request: BayeuxMessage): Verdict {
  const reply = answer.find(({ channel, id }) => channel === request.channel && id === request.id)
  const failed = answer.find(({ successful }) => successful === false)
  const dismissal = answer.find(({ channel }) => dismissals.has(channel))
  const dismissed = dismissal !== undefined
  if (failed && !(failed === reply && isRefusal(failed, dismissed)))
    return end(judgeFailure(failed, dismissed), failed.advice)
  if (dismissed)
    return end({ kind: 'server-disconnect', text: `the server sent ${dismissal.channel}` }, dismissal.advice)
  if (!reply) return end({ kind: 'protocol', text: `no reply to ${request.channel} in the answer` })
  const events = answer.filter(isEvent)
  if (failed) return { kind: 'refused', refusal: toRefusal(failed, String(request.subscription)), events }
  const advised = answer.find(({ advice }) => endings.has(advice?.reconnect))?.advice
  if (advised)
    return end({ kind: 'server-disconnect', text: `the server advises ${advised.reconnect}` }, advised)
  return { kind: 'fine', reply, events }
}

/** How long the server asks to be left alone, ms; 0 when it does not. */
export function advisedPause(advice: Advice | undefined): number {
  const interval = advice?.interval
  return typeof interval === 'number' && interval > 0 ? Math.min(interval, longestPause) : 0
}

/** The cause of a failure: Salesforce puts it into `ext.sfdc.failureReason`, while `error` may name just the operation. */
function failureText({ channel, error, ext }: BayeuxMessage): string {
  const sfdc = ext?.sfdc
  const reason =
    typeof sfdc === 'object' && sfdc !== null && 'failureReason' in sfdc ? sfdc.failureReason : undefined
  if (typeof reason === 'string' && reason !== '') return reason
  return error ?? `${channel} failed without a reason`
}

function end(reason: Fault, advice?: Advice): Verdict {
  const retryAfter = advisedPause(advice)
  return { kind: 'end', end: retryAfter === 0 ? reason : { ...reason, retryAfter } }
}

function judgeFailure(failed: BayeuxMessage, dismissed: boolean): Fault {
  const text = failureText(failed)
  const kind = classify(text, failed.advice?.reconnect)
  const leavesAnyway = kind === 'unknown-client' || kind === 'protocol' || kind === 'denied'
  return { kind: dismissed && leavesAnyway ? 'server-disconnect' : kind, text }
}

const limits = /limit exceeded|simultaneous connections|too many/i
const notFound = /wasn.t found using the provided replay/i
const forgotten = /unknown client|has not completed handshake|cookie present|does not match the session/i

/** The first number of the text is Salesforce's code; what it does not decide, the advice does. */
function classify(text: string, advised: string | undefined): FaultKind {
  const code = codeOf(text)
  if (code === 401) return 'token-invalid'
  if (code >= 500) return 'busy'
  if (limits.test(text)) return 'limit'
  if (forgotten.test(text) || code === 402) return 'unknown-client'
  if (advised === 'handshake' || advised === 'retry') return 'unknown-client'
  return code === 403 ? 'denied' : 'protocol'
}

/** Whether a failed subscription concerns its channel alone, so that the others may go on. */
function isRefusal(failed: BayeuxMessage, dismissed: boolean): boolean {
  if (failed.channel !== '/meta/subscribe' || dismissed) return false
  const text = failureText(failed)
  const code = codeOf(text)
  if (code === 401 || code === 402 || code >= 500 || forgotten.test(text)) return false
  if (isReplayProblem(text) || limits.test(text)) return true
  return failed.advice?.reconnect !== 'handshake' && code >= 400
}

function toRefusal(failed: BayeuxMessage, channel: string): Refusal {
  const text = failureText(failed)
  if (isReplayProblem(text))
    return { channel, kind: notFound.test(text) ? 'replay-unread' : 'replay-invalid', text }
  return { channel, kind: limits.test(text) ? 'limit' : 'denied', text }
}

function isReplayProblem(text: string): boolean {
  return /^400:.*replay ?id/i.test(text)
}

function codeOf(text: string): number {
  return Number(/^(\d{3}):/.exec(text)?.[1] ?? 0)
}

function isEvent(message: BayeuxMessage): message is EventMessage & BayeuxMessage {
  // Records of our own are not had from outside.
  return message.value !== undefined && !message.channel.startsWith('/forcewatch/')
}

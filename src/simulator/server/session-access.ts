import type { Clock } from '../../clock.ts'
import type { BayeuxRequest } from './bayeux.ts'
import { type BayeuxMessage, toReply } from './bayeux-message.ts'
import type { BayeuxSession } from './bayeux-session.ts'

const cookieLife = 3 * 3600

/** The session a message belongs to, or the answer that says why there is none. */
export function findSession(
  sessions: ReadonlyMap<string, BayeuxSession>,
  message: BayeuxMessage,
  request: BayeuxRequest,
): BayeuxSession | BayeuxMessage {
  const fail = (error: string, reconnect: 'handshake' | 'none') =>
    toReply(message, { error, advice: reconnect === 'none' ? { reconnect } : { reconnect, interval: 0 } })
  if (!request.userId) return fail('401::Authentication invalid', 'none')
  const session = sessions.get(message.clientId ?? '')
  if (!session) return fail('403::Unknown client', 'handshake')
  for (const [name, expected] of [
    ['BAYEUX_BROWSER', session.browserCookie],
    ['sfdc-stream', session.nodeCookie],
  ] as const) {
    const sent = request.cookies[name]
    if (sent === expected) continue
    if (sent !== undefined && name === 'sfdc-stream') return fail('403::Unknown client', 'handshake')
    return fail(
      `400::Client ${session.clientId} has established a session, but no ${name} cookie present`,
      'handshake',
    )
  }
  if (session.userId !== request.userId)
    return fail("400::Authenticated user id does not match the session's user id", 'handshake')
  return session
}

/** The session cookie and the load balancer's, which sticks the session to one node for three hours. */
export function toCookies(session: BayeuxSession, clock: Clock): readonly string[] {
  const expires = new Date(clock.now() + cookieLife * 1000).toUTCString()
  return [
    `BAYEUX_BROWSER=${session.browserCookie}; Path=/; HttpOnly`,
    `sfdc-stream=${session.nodeCookie}; Expires=${expires}; Max-Age=${cookieLife}; Path=/`,
  ]
}

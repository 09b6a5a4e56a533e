import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

/** With the reason, in words for whoever asked. */
export type ChangeDecision = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly reason: string }

export type ChangeRule = {
  /** What is asked for, such as `a reload`. */
  readonly what: string
  /** Whether other machines may ask for it. */
  readonly remote: boolean
  /** What to do to allow it. */
  readonly remedy: string
}

/**
 * Whether a request may change something in the service: it comes from this machine, not through a proxy, unless other
 * machines are allowed to; and never from a page of another site that a browser happens to show.
 */
export function mayChange(request: IncomingMessage, { what, remote, remedy }: ChangeRule): ChangeDecision {
  const { origin, host } = request.headers
  if (origin !== undefined && !isOwnPage(origin, host, remote)) {
    return { kind: 'no', reason: `a page of another site may not ask for ${what}` }
  }
  const proxied = request.headers['x-forwarded-for'] ?? request.headers.forwarded
  if (remote || (isLoopback(request.socket.remoteAddress) && proxied === undefined)) return { kind: 'yes' }
  return { kind: 'no', reason: `only this machine may ask for ${what}; ${remedy}` }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

function isLoopback(address = ''): boolean {
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** A name of somebody else's may lead to this machine (DNS rebinding): only where machines are open to others do names count. */
function isOwnPage(origin: string, host: string | undefined, remote: boolean): boolean {
  const url = URL.parse(origin)
  if (!url || url.host !== host) return false
  const name = url.hostname.replace(/^\[|\]$/g, '')
  return remote || name === 'localhost' || isIP(name) !== 0
}

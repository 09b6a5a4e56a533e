import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'

/** With the reason, in words for whoever asked. */
export type ReloadDecision = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly reason: string }

/**
 * Whether a request may make the service reload: it comes from this machine, not through a proxy, unless other machines
 * are allowed to; and never from a page of another site that a browser happens to show.
 */
export function mayReload(request: IncomingMessage, remoteReload: boolean): ReloadDecision {
  const { origin, host } = request.headers
  if (origin !== undefined && !isSameOrigin(origin, host)) {
    return { kind: 'no', reason: 'a page of another site may not ask for a reload' }
  }
  const proxied = request.headers['x-forwarded-for'] ?? request.headers.forwarded
  if (remoteReload || (isLoopback(request.socket.remoteAddress) && proxied === undefined))
    return { kind: 'yes' }
  return {
    kind: 'no',
    reason:
      'only this machine may ask for a reload; set web.remote_reload: true to let others, or send SIGHUP',
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

function isLoopback(address = ''): boolean {
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.parse(origin)?.host === host
}

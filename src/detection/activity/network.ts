import { isIP, SocketAddress } from 'node:net'
import { memoizeByText } from './bounded-cache.ts'

/** An address in its canonical spelling, and the network (/24 for IPv4, /48 for IPv6) that it lies in. */
export type Origin = { readonly ip: string | null; readonly network: string | null }

const nowhere: Origin = { ip: null, network: null }

/**
 * Where an event came from. Salesforce also writes texts such as `Salesforce.com IP` into its address fields: they are
 * no address and give nulls.
 */
export const toOrigin: (sourceIp: string) => Origin = memoizeByText(parseOrigin, 100_000)

function parseOrigin(sourceIp: string): Origin {
  const text = sourceIp.trim().replace(/%.*$/, '')
  const version = isIP(text)
  if (version === 0) return nowhere
  if (version === 4) return { ip: text, network: networkOfIpv4(text) }
  const ip = new SocketAddress({ address: text, family: 'ipv6' }).address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(ip)?.[1]
  if (mapped) return { ip: mapped, network: networkOfIpv4(mapped) }
  return { ip, network: networkOfIpv6(ip) }
}

function networkOfIpv4(ip: string): string {
  return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`
}

/** Of a canonical address, where one run of zero groups may stand as `::`. */
function networkOfIpv6(ip: string): string {
  const [head = '', tail] = ip.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...last]
  return new SocketAddress({ address: `${groups.slice(0, 3).join(':')}::`, family: 'ipv6' }).address.concat(
    '/48',
  )
}

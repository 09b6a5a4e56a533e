import { memoizeByText } from './bounded-cache.ts'
import { nameOf, type Payload, textOf } from './payload.ts'

/**
 * The program at the other end without its versions, which change by themselves: `chrome on windows` for a browser, the
 * name of a library or tool otherwise (`python-requests`), of an app on a phone with its system (`salesforcemobilesdk on ios`). `unknown` when Salesforce says that it does not know the
 * browser; null when the event says nothing about it (Bulk).
 */
export function clientOf(payload: Payload): string | null {
  const browser = textOf(payload, 'Browser')
  if (browser !== null) return toBrowserFamily(`${browser}\0${textOf(payload, 'Platform') ?? ''}`)
  const agent = nameOf(payload, 'UserAgent')
  if (agent !== null) return toAgentFamily(agent)
  const client = nameOf(payload, 'Client')
  return client === null ? null : toProductFamily(client)
}

/**
 * The application as far as an API event tells: Client, else the user agent, without version (`python-requests/2.32` →
 * `python-requests`), so that an update makes no other application of it. A browser's text tells none.
 */
export function productOf(payload: Payload): string | null {
  const client = nameOf(payload, 'Client')
  if (client !== null) return toProduct(client) ?? client
  const agent = nameOf(payload, 'UserAgent')
  return agent === null || agent.startsWith('Mozilla/') ? null : toProduct(agent)
}

const toProduct: (agent: string) => string | null = memoizeByText(
  (agent) => /^[^/(]+/.exec(agent)?.[0].trim() || null,
  4000,
)

const toProductFamily: (text: string) => string = memoizeByText(
  (text) => (toProduct(text) ?? text).toLowerCase(),
  4000,
)

/** Of `Browser` and `Platform` as login events write them: `Chrome 119`, `Windows 10`. */
const toBrowserFamily: (texts: string) => string = memoizeByText((texts) => {
  const [browser = '', platform = ''] = texts.toLowerCase().split('\0')
  const name = browser.replace(/[\d.]+/g, ' ').trim()
  if (name === '' || name === 'unknown') return 'unknown'
  return on(browsers.find(([pattern]) => pattern.test(name))?.[1] ?? name, platform)
}, 4000)

/** Null for a browser that does not name its system: a login of the same browser does. */
const toAgentFamily: (agent: string) => string | null = memoizeByText((agent) => {
  const text = agent.toLowerCase()
  if (!text.startsWith('mozilla/')) {
    const product = toProductFamily(agent)
    return phones.test(text) ? on(product, text) : product
  }
  const browser = browsers.find(([pattern]) => pattern.test(text))?.[1] ?? 'browser'
  return systems.some(([pattern]) => pattern.test(text)) ? on(browser, text) : null
}, 4000)

function on(browser: string, platform: string): string {
  const system = systems.find(([pattern]) => pattern.test(platform))?.[1]
  return system === undefined ? browser : `${browser} on ${system}`
}

/** An app of a phone names its system (`SalesforceMobileSDK/13.0 iOS/18.6`), which a library does not. */
const phones = /\biphone|\bipad|\bios\b|\bandroid\b/

/** The first that matches: nearly all of them claim to be Safari, and most to be Chrome. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/headless/, 'headless chrome'],
  [/\bedge?\b|\bedga\b|\bedgios\b/, 'edge'],
  [/\bopr\b|opera/, 'opera'],
  [/firefox|fxios/, 'firefox'],
  [/chrom|crios/, 'chrome'],
  [/safari/, 'safari'],
  [/msie|trident|internet explorer/, 'internet explorer'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/windows/, 'windows'],
  [/iphone|ipad|\bios\b/, 'ios'],
  [/android/, 'android'],
  [/mac ?os|macintosh/, 'mac'],
  [/\bcros\b/, 'chrome os'],
  [/linux/, 'linux'],
]

import { createPublicKey, createVerify, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { minute } from '../../duration.ts'
import type { Random } from '../random.ts'

/** An app that may ask for tokens: with a secret (client credentials) or a certificate (JWT bearer), or both. */
export type ConnectedApp = {
  readonly clientId: string
  readonly clientSecret?: string
  /** X.509 certificate or public key, PEM. */
  readonly certificate?: string
  /** The run-as user of client credentials; the only user that JWT bearer may name. */
  readonly username: string
  readonly scopes?: readonly string[]
}

/** The token endpoint's answer, before it is JSON. */
export type TokenAnswer = { readonly status: number; readonly body: Readonly<Record<string, string>> }

/** The tokens of an org: who gets one, and whose it is. */
export interface TokenIssuer {
  /**
   * The body of a POST to the token endpoint → what it answers. `url`: where the client found this org; it becomes the
   * `instance_url`, and is an audience that JWTs may name beside Salesforce's login hosts.
   */
  grant(form: URLSearchParams, url: string): TokenAnswer
  /** True when there was such a token. */
  revoke(token: string): boolean
  revokeAll(): void
  /** The user of a token, or undefined when it is not valid. */
  userOf(token: string): string | undefined
}

export type TokenIssuerOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly orgId: string
  /** Read at every request, so that certificates may change. */
  readonly apps: readonly ConnectedApp[]
  readonly userIdOf: (username: string) => string
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const loginHosts = ['https://login.salesforce.com', 'https://test.salesforce.com']
const longestAssertion = 5 * minute

/** Salesforce's token endpoint for the two flows a service uses, with its errors. Tokens do not say when they expire. */
export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { clock, random, orgId, apps } = options
  const keys = new Map<string, KeyObject>()
  const tokens = new Map<string, string>()

  function keyOf({ certificate }: ConnectedApp): KeyObject | undefined {
    if (certificate === undefined) return undefined
    const key = keys.get(certificate) ?? createPublicKey(certificate)
    keys.set(certificate, key)
    return key
  }

  function issue(app: ConnectedApp, url: string): TokenAnswer {
    const userId = options.userIdOf(app.username)
    const token = `${orgId.slice(0, 15)}!AQ${(random.key() + random.key() + random.key()).replace(/[+/]/g, '_')}`
    tokens.set(token, userId)
    const body = {
      access_token: token,
      signature: random.key(),
      scope: (app.scopes ?? ['api']).join(' '),
      instance_url: url,
      id: `${url}/id/${orgId}/${userId}`,
      token_type: 'Bearer',
      issued_at: String(clock.now()),
    }
    return { status: 200, body }
  }

  function grantForAssertion(form: URLSearchParams, url: string): TokenAnswer {
    const jwt = parseJwt(form.get('assertion') ?? '')
    if (!jwt) return refuse('invalid_grant', 'invalid assertion')
    const app = apps.find(({ clientId }) => clientId === jwt.claims.iss)
    if (!app) return refuse('invalid_client_id', 'client identifier invalid')
    const key = keyOf(app)
    if (!key) return refuse('unauthorized_client', 'invalid client credentials or flow not enabled')
    if (!isSigned(jwt, key)) return refuse('invalid_grant', 'invalid assertion')
    if (![...loginHosts, url].includes(trimSlash(String(jwt.claims.aud))))
      return refuse('invalid_grant', 'Audience validation failed')
    const remaining = Number(jwt.claims.exp) * 1000 - clock.now()
    if (!(remaining > 0 && remaining <= longestAssertion))
      return refuse('invalid_grant', 'expired or not yet valid JWT')
    if (jwt.claims.sub !== app.username) return refuse('invalid_grant', "user hasn't approved this consumer")
    return issue(app, url)
  }

  function grantForSecret(form: URLSearchParams, url: string): TokenAnswer {
    const app = apps.find(({ clientId }) => clientId === form.get('client_id'))
    if (!app) return refuse('invalid_client_id', 'client identifier invalid')
    if (app.clientSecret === undefined) return refuse('invalid_grant', 'no client credentials user enabled')
    if (!isSame(app.clientSecret, form.get('client_secret') ?? ''))
      return refuse('invalid_client', 'invalid client credentials')
    return issue(app, url)
  }

  return {
    grant(form, url) {
      const type = form.get('grant_type')
      if (type === jwtBearer) return grantForAssertion(form, url)
      if (type === 'client_credentials') return grantForSecret(form, url)
      return refuse('unsupported_grant_type', 'grant type not supported')
    },
    revoke: (token) => tokens.delete(token),
    revokeAll: () => tokens.clear(),
    userOf: (token) => tokens.get(token),
  }
}

type Jwt = {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Buffer
}

function parseJwt(assertion: string): Jwt | undefined {
  const [header, claims, signature, ...more] = assertion.split('.')
  if (!header || !claims || !signature || more.length > 0) return undefined
  try {
    return {
      header: parsePart(header),
      claims: parsePart(claims),
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    return undefined
  }
}

function parsePart(part: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object')
  return value as Readonly<Record<string, unknown>>
}

function isSigned(jwt: Jwt, key: KeyObject): boolean {
  return (
    jwt.header.alg === 'RS256' && createVerify('RSA-SHA256').update(jwt.signed).verify(key, jwt.signature)
  )
}

function isSame(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}

function refuse(error: string, description: string): TokenAnswer {
  return { status: 400, body: { error, error_description: description } }
}

function trimSlash(url: string): string {
  return url.replace(/\/$/, '')
}

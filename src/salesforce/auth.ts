import { createPrivateKey, sign } from 'node:crypto'
import { OAuth2, type TokenResponse } from 'jsforce'
import type { Clock } from '../clock.ts'
import { second } from '../duration.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import { toId18 } from '../salesforce-id.ts'
import { explainRefusal } from './auth-refusals.ts'
import { restrainRequests, withinLimit } from './within-limit.ts'

/** How Forcewatch logs in. Secrets are read anew at each use, so that a rotated one needs no restart. */
export type AuthOptions =
  | {
      readonly flow: 'jwt'
      readonly clientId: string
      readonly username: string
      /** RSA private key, PEM. */
      readonly readSecret: () => string
      /** The `aud` claim; by default the login host of production or sandboxes, whichever the login URL belongs to. */
      readonly audience?: string
    }
  | {
      readonly flow: 'client_credentials'
      readonly clientId: string
      /** Consumer secret of the app. */
      readonly readSecret: () => string
    }

export type LoginOptions = {
  readonly org: string
  readonly loginUrl: string
  readonly auth: AuthOptions
  readonly clock: Clock
  readonly signal?: AbortSignal
}

/** Access to one org as one user. */
export type Token = {
  readonly accessToken: string
  readonly instanceUrl: string
  /** 18 characters. */
  readonly orgId: string
  readonly userId: string
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const assertionLife = 120
const requestLimit = 15 * second

/**
 * A new access token.
 * @throws AUTH_REJECTED when Salesforce refuses for good (the remedy says which setting to change), AUTH_UNAVAILABLE when
 * there was no usable answer, CONFIG_INVALID when a secret's file cannot be read
 */
export async function requestToken(options: LoginOptions): Promise<Token> {
  const request = toRequest(options)
  const oauth2 = new OAuth2({ loginUrl: options.loginUrl, ...request.client })
  restrainRequests(oauth2, requestLimit)
  let response: TokenResponse | undefined
  try {
    response = await withinLimit(oauth2.requestToken(request.grant), { ...options, limit: requestLimit })
  } catch (error) {
    throw toAuthError(error, options)
  }
  return toToken(response, options)
}

/** A JWT for the bearer flow, good for two minutes, signed with RS256. */
export function createAssertion(
  claims: { readonly clientId: string; readonly username: string; readonly audience: string },
  privateKey: string,
  now: number,
): string {
  const header = encode({ alg: 'RS256' })
  const body = encode({
    iss: claims.clientId,
    sub: claims.username,
    aud: claims.audience,
    exp: Math.floor(now / 1000) + assertionLife,
  })
  const signature = sign('RSA-SHA256', Buffer.from(`${header}.${body}`), createPrivateKey(privateKey))
  return `${header}.${body}.${signature.toString('base64url')}`
}

/** The `aud` claim that Salesforce expects for an org that logs in at `loginUrl`. */
export function audienceOf(loginUrl: string): string {
  const { hostname } = new URL(loginUrl)
  const isSandbox =
    hostname === 'test.salesforce.com' || /\.(sandbox|scratch)\.my\.salesforce\.com$/.test(hostname)
  return isSandbox ? 'https://test.salesforce.com' : 'https://login.salesforce.com'
}

function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function toRequest({ org, loginUrl, auth, clock }: LoginOptions) {
  if (auth.flow === 'client_credentials') {
    const client = { clientId: auth.clientId, clientSecret: auth.readSecret() }
    return { client, grant: { grant_type: 'client_credentials' } }
  }
  const { clientId, username, audience = audienceOf(loginUrl) } = auth
  const privateKey = auth.readSecret()
  try {
    const assertion = createAssertion({ clientId, username, audience }, privateKey, clock.now())
    return { client: {}, grant: { grant_type: jwtBearer, assertion } }
  } catch (error) {
    throw new ForcewatchError('AUTH_REJECTED', `org ${org}: the private key cannot sign a JWT`, {
      remedy:
        'private_key_file must hold the RSA key (2048 bits or more, PEM) that belongs to the certificate of the app.',
      cause: error,
    })
  }
}

function toAuthError(error: unknown, { org, loginUrl }: LoginOptions): ForcewatchError {
  const name = error instanceof Error ? error.name : ''
  const isAnswer = /^[a-z_]+$|^ERROR_HTTP_/.test(name)
  const refusal = isAnswer ? explainRefusal(name, messageOf(error)) : undefined
  if (refusal) {
    const text = `org ${org}: ${refusal.meaning} (${name}: ${messageOf(error)})`
    return new ForcewatchError('AUTH_REJECTED', text, { remedy: refusal.remedy, cause: error })
  }
  const detail = name.startsWith('ERROR_HTTP_') ? `HTTP ${name.slice(11)}` : messageOf(error)
  return unavailable(org, loginUrl, detail, error)
}

function toToken(response: TokenResponse | undefined, { org, loginUrl }: LoginOptions): Token {
  const [orgId, userId] = (response?.id ?? '').split('/').slice(-2)
  const orgId18 = toId18(orgId ?? '')
  const userId18 = toId18(userId ?? '')
  if (!response?.access_token || !response.instance_url || !orgId18 || !userId18)
    throw unavailable(org, loginUrl, 'the answer holds no token')
  return {
    accessToken: response.access_token,
    instanceUrl: response.instance_url.replace(/\/$/, ''),
    orgId: orgId18,
    userId: userId18,
  }
}

function unavailable(org: string, loginUrl: string, detail: string, cause?: unknown): ForcewatchError {
  return new ForcewatchError('AUTH_UNAVAILABLE', `org ${org}: no token from ${loginUrl}: ${detail}`, {
    remedy: 'Check login_url and the way to it (DNS, firewall, proxy); it is tried again by itself.',
    ...(cause === undefined ? {} : { cause }),
  })
}

import type { Activity } from './activity.ts'
import { memoizeByText } from './bounded-cache.ts'

/**
 * Why a login did not succeed: `credential` (wrong password or name), `locked` (account locked, frozen, inactive), `rate`
 * (too many attempts), `policy` (place, time, domain), `token` (right password, but this way in is closed), `oauth` and
 * `saml` (a broken app or identity provider), `org` (the org is closed), `other` (a text not known yet).
 */
export const loginFailures = [
  'credential',
  'locked',
  'rate',
  'policy',
  'token',
  'oauth',
  'saml',
  'org',
  'other',
] as const
export type LoginFailure = (typeof loginFailures)[number]

export type LoginResult = {
  readonly outcome: Activity['outcome']
  /** Null unless `outcome` is failure. */
  readonly failure: LoginFailure | null
}

/**
 * What LoginEvent's `Status` means, in any spelling. Texts and codes: Object Reference, "LOGIN_STATUS values". Only
 * `Success` is success; a demand for a second factor or an activation is a challenge; every other text, also one that
 * Salesforce has added since, is a failure.
 */
export const toLoginResult: (status: string) => LoginResult = memoizeByText(classify, 1000)

const challenge =
  /computer activation|device activation|multi-?factor|two-?factor|lightning login required|login_challenge_|login_twofactor|login_lightning_login/

/** The first pattern that matches decides, so the narrow ones come first. */
const failures: readonly (readonly [RegExp, LoginFailure])[] = [
  [/saml|assertion|issuer|audience|\bsso id\b|(?<!nonce )replay detected|mismatch_cert|provision/, 'saml'],
  [
    /consumer|nonce|code.?challenge|code.?verifier|callback|signature|dsig|oauth|package|invalid.?token|refresh token|user hasn.?t approved/,
    'oauth',
  ],
  [/rate.?exceeded|logins.?exceeded|limit exceeded|exceed_get_at/, 'rate'],
  [/lockout|locked|frozen|inactive/, 'locked'],
  [/restricted|not allowed|org_domain_only|global_block_domain|security policy|txn_security/, 'policy'],
  [/api.?security.?token|must_use_api_token|api.?only|mobile|api.?version|api_too_old|insecure/, 'token'],
  [
    /invalid.?password|pwd.?invalid|login.?invalid|invalid.?login|invalid.?username|unknown_error|expired/,
    'credential',
  ],
]

function classify(status: string): LoginResult {
  const text = status.trim().toLowerCase()
  if (text === 'success' || text === 'login_no_error') return { outcome: 'success', failure: null }
  if (challenge.test(text)) return { outcome: 'challenge', failure: null }
  const failure = failureOfOrg(text) ?? failures.find(([pattern]) => pattern.test(text))?.[1] ?? 'other'
  return { outcome: 'failure', failure }
}

/** The org's own state first: `Organization locked` is not about a user. */
function failureOfOrg(text: string): LoginFailure | undefined {
  if (/^org_domain/.test(text)) return undefined
  return /organization|^org_|trial_exp/.test(text) ? 'org' : undefined
}

/** Failures of so many users from one network are no matter of a single one: where password-spray begins. */
export const usersOfSpray = 12

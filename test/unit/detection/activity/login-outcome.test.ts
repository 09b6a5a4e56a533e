import { describe, expect, it } from 'vitest'
import { toLoginResult } from '../../../../src/detection/activity/login-outcome.ts'

describe('login status texts', () => {
  it.each(['Success', 'success', ' SUCCESS ', 'LOGIN_NO_ERROR'])('%s is success', (status) => {
    expect(toLoginResult(status)).toEqual({ outcome: 'success', failure: null })
  })

  it.each([
    'Failed: Computer activation required',
    'failed: computer activation pending',
    'multi-factor required',
    'Lightning Login required',
    'LOGIN_CHALLENGE_ISSUED',
    'LOGIN_TWOFACTOR_REQ',
  ])('%s asks for more and is no failure', (status) => {
    expect(toLoginResult(status)).toEqual({ outcome: 'challenge', failure: null })
  })

  it.each([
    ['Invalid Password', 'credential'],
    ['invalid password', 'credential'],
    ['Invalid login', 'credential'],
    ['Login invalid', 'credential'],
    ['INVALID_PASSWORD', 'credential'],
    ['Password Lockout', 'locked'],
    ['User is Frozen', 'locked'],
    ['User is Inactive', 'locked'],
    ['Login rate exceeded', 'rate'],
    ['Maximum logins exceeded', 'rate'],
    ['Failed: Get Access Token Limit Exceeded', 'rate'],
    ['Restricted IP', 'policy'],
    ['Restricted country', 'policy'],
    ['Failed: IP Address Not Allowed', 'policy'],
    ['LOGIN_END_SESSION_TXN_SECURITY_POLICY', 'policy'],
    ['Failed: API security token required', 'token'],
    ['Failed: API-only user', 'token'],
    ['Failed: Mobile license required', 'token'],
    ['Failed: API Version Removed', 'token'],
    ['Failed: Login over insecure channel', 'token'],
    ['Failed: Missing Consumer Key Parameter', 'oauth'],
    ['Failed: OAuth API access disabled', 'oauth'],
    ['Failed: Signature Invalid', 'oauth'],
    ['Failed: Nonce Replay Detected', 'oauth'],
    ['Failed: Assertion Invalid', 'saml'],
    ['Failed: Issuer Mismatched', 'saml'],
    ['Failed: Assertion Expired', 'saml'],
    ['Failed: Username Or SSO Id Invalid', 'saml'],
    ['Failed: Replay Detected', 'saml'],
    ['Organization locked', 'org'],
    ['ORG_SUSPENDED', 'org'],
    ['A text that Salesforce adds next year', 'other'],
    ['', 'other'],
  ])('%s is a failure of the kind %s', (status, failure) => {
    expect(toLoginResult(status)).toEqual({ outcome: 'failure', failure })
  })
})

/** A refusal of the token endpoint that only a person can mend. */
type Refusal = {
  readonly error: RegExp
  readonly description?: RegExp
  readonly meaning: string
  readonly remedy: string
}

const appPage = 'Setup → External Client App Manager → the app'
const waitNote = 'Changes to an app take up to 10 minutes to act.'

/** The first row that fits is the one that counts. */
const refusals: readonly Refusal[] = [
  {
    error: /^invalid_grant$/,
    description: /audience/i,
    meaning: 'the audience of the JWT is not the one of this org',
    remedy:
      'A sandbox needs a login_url that ends in .sandbox.my.salesforce.com (audience https://test.salesforce.com), production its own My Domain address (audience https://login.salesforce.com). Check login_url.',
  },
  {
    error: /^invalid_grant$/,
    description: /approved this consumer/i,
    meaning: 'the user has not approved the app',
    remedy: `${appPage} → Policies → OAuth Policies: set Permitted Users to "Admin approved users are pre-authorized", and select the integration user's profile or permission set. ${waitNote}`,
  },
  {
    error: /^invalid_app_access$/,
    meaning: 'the user is not admin approved to access the app',
    remedy: `${appPage} → Policies → App Policies: select the profile or permission set that the integration user has, for example with Setup → Permission Sets → Manage Assignments. ${waitNote}`,
  },
  {
    error: /^invalid_grant$/,
    description: /assertion|jwt/i,
    meaning: 'the JWT was not accepted',
    remedy: `Compare the certificate under ${appPage} → Settings → OAuth Settings → Use digital signatures with private_key_file, and set this machine's clock by NTP: a JWT is good for two minutes.`,
  },
  {
    error: /^invalid_grant$/,
    description: /client credentials user/i,
    meaning: 'the app has no user to run the client credentials flow as',
    remedy: `${appPage} → Policies → OAuth Flows: enable the Client Credentials Flow and enter the integration user's username under Run As. ${waitNote}`,
  },
  {
    error: /^invalid_grant$/,
    description: /expired|token/i,
    meaning: 'the token was revoked or has expired',
    remedy: `${appPage} → Policies: check that the app is not blocked (Setup → OAuth Usage), and that the user's access was not revoked.`,
  },
  {
    error: /^invalid_grant$|^inactive_user$/,
    meaning: 'the user may not log in',
    remedy:
      'Setup → Users → the integration user: it must be active and not frozen; its profile must allow this address (Login IP Ranges) and this time (Login Hours). Setup → Login History names the reason.',
  },
  {
    error: /^inactive_org$/,
    meaning: 'the org is inactive or locked',
    remedy: 'Ask Salesforce Customer Support, or remove the org from the configuration.',
  },
  {
    error: /^invalid_client_id$/,
    meaning: 'the consumer key is not known',
    remedy: `Compare client_id with ${appPage} → Settings → OAuth Settings → Consumer Key and Secret. ${waitNote}`,
  },
  {
    error: /^invalid_client$/,
    meaning: 'the consumer secret is wrong',
    remedy: `Compare client_secret with ${appPage} → Settings → OAuth Settings → Consumer Key and Secret.`,
  },
  {
    error: /^unauthorized_client$|^unsupported_grant_type$/,
    meaning: 'the OAuth flow is not enabled for the app',
    remedy: `${appPage} → Settings → Flow Enablement: enable the JWT Bearer Flow (flow: jwt) or the Client Credentials Flow (flow: client_credentials), whichever auth.flow says. ${waitNote}`,
  },
]

/** An answer of the token endpoint, explained. `undefined`: nothing that a change of settings would mend. */
export function explainRefusal(
  error: string,
  description: string,
): { readonly meaning: string; readonly remedy: string } | undefined {
  const known = refusals.find(
    (refusal) => refusal.error.test(error) && (refusal.description?.test(description) ?? true),
  )
  if (known) return known
  if (/^ERROR_HTTP_|^rate_limit_exceeded$|^server_error$|^temporarily_unavailable$/.test(error))
    return undefined
  return {
    meaning: 'the token endpoint refused',
    remedy: 'Setup → Login History and the OAuth settings of the app say more about the refusal.',
  }
}

import { z } from 'zod'
import { defaultChannels } from '../salesforce/channels.ts'
import { duration, type Fields, httpUrl, instant, name, needsOne, takeSecret, timeZone } from './fields.ts'

/** One of `orgs`. */
export function org(fields: Fields) {
  return z.strictObject({
    name: name().describe(
      'What you call the org; it appears in alerts and metrics. Keep it once chosen: cursors are stored under it.',
    ),
    login_url: httpUrl().describe('The My Domain address, such as https://acme.my.salesforce.com.'),
    auth: z
      .discriminatedUnion('flow', [jwt(fields), clientCredentials(fields)])
      .describe(
        'How Forcewatch logs in: `flow: jwt` (with a certificate; recommended) or `flow: client_credentials`.',
      ),
    channels: z
      .array(
        z
          .string()
          .regex(/^\/(event|data)\/\w+$/, { error: 'is no channel — write it like /event/LoginEventStream' }),
      )
      .min(1)
      .default(defaultChannels.map(({ channel }) => channel))
      .describe('CometD channels to subscribe to.'),
    time_zone: timeZone()
      .optional()
      .describe(
        "IANA time zone of the org's office hours. When absent the one that the org itself tells (Setup → Company Information), UTC until it is known.",
      ),
    watch_from: instant()
      .optional()
      .describe(
        'Events from before this date teach what is normal but notify nobody. Without it every event may notify.',
      ),
    directory: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe(
            'Whether to read who the users are (profile, role, type, active), which apps can get at the org, and its time zone, edition and limits, so that detectors and reports know.',
          ),
        interval: duration()
          .prefault('1h')
          .describe('How often changes are read. Everybody is read once a day.'),
      })
      .prefault({})
      .describe(
        'The users, apps and facts of the org. The integration user needs View All Users and View Setup and Configuration.',
      ),
    reconciliation: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Whether to look for events that the stream lost, and to take them from there.'),
        interval: duration().prefault('15m').describe('How often each storage object is queried.'),
        settle: duration()
          .prefault('10m')
          .describe(
            'Events younger than this are left for later: Salesforce stores them a while after they happened.',
          ),
        overlap: duration()
          .prefault('15m')
          .describe(
            'How much of the time before is looked at once more, for events that were stored later still.',
          ),
        api_reserve: z
          .number()
          .min(0)
          .max(1)
          .default(0.2)
          .describe(
            "Share of the org's daily API requests that is left to others. Reconciliation and backfill wait while less is left.",
          ),
      })
      .prefault({})
      .describe(
        'Storage objects (Event Manager: Enable Storage) hold what streams may lose. The integration user needs read access to them.',
      ),
    api_version: z
      .string({ error: 'must be a text — put the number in quotes: "66.0"' })
      .regex(/^\d{2,3}\.0$/, { error: 'is no API version — write it like "66.0"' })
      .default('66.0')
      .describe('Salesforce API version, in quotes.'),
  })
}

function jwt({ secret, secretFile }: Fields) {
  const key = needsOne('private_key')
  return z
    .strictObject({
      flow: z.literal('jwt'),
      client_id: z.string().min(1).describe('Consumer key of the External Client App.'),
      username: z.string().min(1).describe('Username of the integration user.'),
      audience: httpUrl()
        .optional()
        .describe(
          'The `aud` claim. https://login.salesforce.com, or https://test.salesforce.com for a sandbox, when absent.',
        ),
      private_key: secret().optional().describe("Private key (PEM) that belongs to the app's certificate."),
      private_key_file: secretFile().optional().describe('File with that key.'),
    })
    .refine(key.check, key.params)
    .transform(takeSecret('private_key'))
}

function clientCredentials({ secret, secretFile }: Fields) {
  const clientSecret = needsOne('client_secret')
  return z
    .strictObject({
      flow: z.literal('client_credentials'),
      client_id: z.string().min(1).describe('Consumer key of the External Client App.'),
      client_secret: secret().optional().describe('Consumer secret of the app.'),
      client_secret_file: secretFile().optional().describe('File with that secret.'),
    })
    .refine(clientSecret.check, clientSecret.params)
    .transform(takeSecret('client_secret'))
}

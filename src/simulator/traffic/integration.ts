import { hour, minute } from '../../duration.ts'
import { heavyTail, type Random } from '../random.ts'
import { toSalesforceId } from '../salesforce-id.ts'
import type { OrgUser } from '../server/org-user.ts'
import { objects } from './objects.ts'
import { type Origin, toAddress } from './origin.ts'
import { dataCentres } from './places.ts'

/** How an integration works; each kind is a machine of `machines.ts`. */
export type IntegrationKind = 'poller' | 'chat' | 'nightly-load' | 'bi' | 'backup' | 'connector' | 'trial'

/** An integration with its user. */
export type Integration = OrgUser & {
  readonly kind: IntegrationKind
  readonly application: string
  readonly userAgent: string | null
  readonly client: string | null
  readonly origins: readonly Origin[]
  readonly apiType: 'REST' | 'SOAP Partner' | 'Bulk'
  readonly apiVersion: number
  /** Queries per poll, per hour or per day, as the kind has it. */
  readonly load: number
  readonly objects: readonly string[]
  /** Ms after the full five minutes (pollers) at which it starts. */
  readonly phase: number
  /** When it was first let in, ms since the epoch; absent for what has always been there. */
  readonly since?: number
}

const pollerNames = [
  'Marketing Sync',
  'Order Bridge',
  'Telephony Connect',
  'Signature Service',
  'Data Enrichment',
  'Billing Engine',
  'Support Desk Link',
  'Event Hub',
  'Field Service Sync',
  'Loyalty Platform',
]

/** How much there is of an org's integrations; `factor` scales what the large ones move. */
export type IntegrationPlan = {
  readonly pollers: number
  readonly queriesPerPoll: number
  readonly factor: number
}

/** The integrations of an org: its pollers, and one of every other kind. */
export function createIntegrations(
  random: Random,
  { pollers, queriesPerPoll, factor }: IntegrationPlan,
  domain: string,
): readonly Integration[] {
  const weights = heavyTail(random, pollers, 0.6)
  let number = 0

  function make(kind: IntegrationKind, application: string, rest: Partial<Integration>): Integration {
    const position = number++
    const place = random.pick(dataCentres)
    const addresses = kind === 'chat' ? 3 : 1 + random.integer(2)
    return {
      id: toSalesforceId('005', 90_000 + position),
      username: `${application.toLowerCase().replaceAll(' ', '-')}@${domain}`,
      name: application,
      userType: 'Standard',
      kind,
      application,
      userAgent: random.pick([
        'python-requests/2.32.3',
        'Apache-HttpClient/4.5.14 (Java/17)',
        'axios/1.7.7',
        'Go-http-client/2.0',
      ]),
      client: null,
      origins: Array.from({ length: addresses }, (_, index) => ({
        ip: toAddress(20 + position, 10 + index),
        place,
      })),
      apiType: 'REST',
      apiVersion: 58 + random.integer(8),
      load: 1,
      objects: Array.from({ length: 3 + random.integer(6) }, () => random.pick(objects)),
      phase: random.integer(60_000),
      ...rest,
    }
  }

  return [
    ...weights.map((weight, index) =>
      make('poller', pollerNames[index] ?? `Sync ${index}`, {
        load: queriesPerPoll * weight,
        apiType: index % 4 === 3 ? 'SOAP Partner' : 'REST',
        ...(index % 4 === 3 ? { client: `${pollerNames[index]}/3.1`, userAgent: null } : {}),
      }),
    ),
    make('chat', 'Chat Assistant', { load: 1100, objects: ['Case', 'Contact', 'Account'] }),
    make('nightly-load', 'Warehouse Loader', { apiType: 'Bulk', load: factor, objects: [...objects] }),
    make('bi', 'BI Studio', { load: 12 * Math.max(0.25, factor), objects: objects.slice(0, 12) }),
    make('backup', 'Nightly Backup', { load: factor, objects: [...objects], phase: 22 * hour + 15 * minute }),
    make('connector', 'Desktop Connector', {
      load: 6000 * factor,
      objects: ['Account', 'Contact', 'Opportunity', 'Task'],
    }),
  ]
}

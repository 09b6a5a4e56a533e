import { day, hour } from '../../../duration.ts'
import { createRandom } from '../../random.ts'
import { toSalesforceId } from '../../salesforce-id.ts'
import type { OrgUser } from '../../server/org-user.ts'
import { startOfDay } from '../calendar.ts'
import type { Integration } from '../integration.ts'
import { toAddress } from '../origin.ts'
import { dataCentres } from '../places.ts'
import { createSpells, type Spell } from './chance.ts'
import { rates } from './rates.ts'

const names = [
  'Lead Scout',
  'Contract Insight',
  'Route Planner',
  'Call Notes',
  'Price Compass',
  'Survey Hub',
  'Deal Forecast',
  'Address Check',
] as const

/** A tool that the org tries at some time. */
export type Trial = {
  readonly integration: Integration
  /** The user that was made for it; undefined when an administrator lets it in under their own name. */
  readonly user?: OrgUser
  readonly since: number
  readonly until: number
}

/** The trials of an org, by the time at which one is under way. */
export function createTrials(
  seed: string,
  domain: string,
): (time: number, administrator: OrgUser) => Trial | undefined {
  const spells = createSpells(`${seed}/trials`, rates.trial)
  return (time, administrator) => {
    const spell = spells(time)
    return spell && toTrial(spell, domain, administrator)
  }
}

function toTrial({ seed, since, until }: Spell, domain: string, administrator: OrgUser): Trial {
  const random = createRandom(seed)
  const application = random.pick(names)
  const ownUser = {
    id: toSalesforceId('005', 95_000 + random.integer(4000)),
    username: `${application.toLowerCase().replace(' ', '-')}@${domain}`,
    name: application,
    userType: 'Standard',
    profile: 'Integration User',
    department: 'IT',
    created: since,
  }
  const hasOwnUser = random.chance(0.5)
  const { id, username, name, userType } = hasOwnUser ? ownUser : administrator
  const integration: Integration = {
    id,
    username,
    name,
    userType,
    kind: 'trial',
    application,
    userAgent: random.pick(['axios/1.7.9', 'okhttp/4.12.0', 'Faraday v2.9.0']),
    client: null,
    origins: [
      { ip: toAddress(200 + random.integer(50), 5 + random.integer(10)), place: random.pick(dataCentres) },
    ],
    apiType: 'REST',
    apiVersion: 62,
    load: random.between(2, 12),
    objects: ['Account', 'Contact', 'Opportunity', 'Lead'].slice(0, 2 + random.integer(3)),
    phase: random.integer(60_000),
    since: startOfDay(since) + day + 9 * hour,
  }
  return { integration, since, until, ...(hasOwnUser ? { user: ownUser } : {}) }
}

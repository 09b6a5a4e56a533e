import { hour } from '../../duration.ts'
import { createRandom, heavyTail, type Random } from '../random.ts'
import { toSalesforceId } from '../salesforce-id.ts'
import type { OrgUser } from '../server/org-user.ts'
import type { OrgIdentity } from '../server/rest.ts'
import { founded } from './calendar.ts'
import { browserVersion, type Device, drawDevice } from './devices.ts'
import { createIntegrations, type Integration } from './integration.ts'
import { objects } from './objects.ts'
import { type Origin, toAddress, toIpv6 } from './origin.ts'
import { dataCentres, zones } from './places.ts'

/** `small`: 50 people and 4 pollers; `medium`: 500 people and 10 pollers. */
export type OrgSize = 'small' | 'medium'

/** What a person does; `portal`: a customer. */
export type Department = 'administration' | 'sales' | 'support' | 'operations' | 'portal'

/** Expected numbers on an ordinary business day. */
export type Rates = {
  readonly extraLogins: number
  readonly pages: number
  readonly listViews: number
  readonly reports: number
  readonly exports: number
  readonly files: number
  readonly apiCalls: number
}

/** A person with lasting habits. */
export type Person = OrgUser & {
  readonly department: Department
  readonly zoneOffset: number
  /** One of the usual addresses. */
  readonly home: Origin
  /** Usual addresses, the one used most first. */
  readonly origins: readonly Origin[]
  readonly devices: readonly Device[]
  /** Ms by which the person's day is early (< 0) or late. */
  readonly habit: number
  readonly usesLightning: boolean
  readonly usesSingleSignOn: boolean
  /** Chance that an attempt to log in fails. */
  readonly clumsiness: number
  readonly rates: Rates
  readonly reports: readonly Report[]
}

/** A saved report. */
export type Report = {
  readonly id: string
  readonly name: string
  readonly entity: string
  readonly columns: number
  /** Median number of rows of a run. */
  readonly rows: number
  readonly ownerId: string
}

/**
 * A made-up org: who and what works in it when it is founded. The same seed and size give the same org, and `orgAt` what has
 * become of it.
 */
export type SimulatedOrg = {
  readonly seed: string
  /** Nobody and nothing in it changes any more. */
  readonly isStill?: true
  readonly identity: OrgIdentity
  readonly size: OrgSize
  readonly staff: readonly Person[]
  readonly portal: readonly Person[]
  readonly integrations: readonly Integration[]
  /** Users as REST tells about them. */
  readonly users: readonly OrgUser[]
  readonly domain: string
}

const browserAtFounding = browserVersion(founded)

const sizes = {
  small: { staff: 50, portal: 200, pollers: 4, queriesPerPoll: 13, factor: 0.1 },
  medium: { staff: 500, portal: 2000, pollers: 10, queriesPerPoll: 55, factor: 1 },
} as const

export type OrgOptions = { readonly seed: string; readonly size: OrgSize; readonly identity?: OrgIdentity }

/** Draws an org. */
export function createOrg({ seed, size, identity }: OrgOptions): SimulatedOrg {
  const random = createRandom(`${seed}/org/${size}`)
  const plan = sizes[size]
  const domain = 'acme.example'
  const staff = createStaff(random.fork('staff'), plan.staff, domain)
  const portal = createPortal(random.fork('portal'), plan.portal)
  const integrations = createIntegrations(random.fork('integrations'), plan, domain)
  return {
    seed,
    identity: identity ?? { id: toSalesforceId('00D', 7001), name: 'Acme (simulated)' },
    size,
    staff,
    portal,
    integrations,
    domain,
    users: [...staff.map(personAsUser), ...portal.map(personAsUser), ...integrations.map(integrationAsUser)],
  }
}

const profiles: Readonly<Record<Department, Partial<OrgUser>>> = {
  administration: { profile: 'System Administrator', role: 'Operations', department: 'IT' },
  sales: { profile: 'Sales User', role: 'Sales', department: 'Sales' },
  support: { profile: 'Support User', role: 'Support', department: 'Support' },
  operations: { profile: 'Operations User', role: 'Operations', department: 'Operations' },
  portal: { profile: 'Customer Community User' },
}

/** As in many an org: most integrations have a profile of their own, what copies everything has that of an administrator. */
function integrationProfile({ kind }: Integration): Partial<OrgUser> {
  const profile = kind === 'backup' || kind === 'bi' ? 'System Administrator' : 'Integration User'
  return { profile, department: 'IT' }
}

/** A person as the org's list of users has them. */
export function personAsUser({ id, username, name, userType, department }: Person): OrgUser {
  return { id, username, name, userType, ...profiles[department] }
}

/** The user of an integration likewise. */
export function integrationAsUser(integration: Integration): OrgUser {
  const { id, username, name, userType } = integration
  return { id, username, name, userType, ...integrationProfile(integration) }
}

/** What tells one of the staff from all others, by number. */
export function staffIdentity(number: number, domain: string): Pick<OrgUser, 'id' | 'username' | 'name'> {
  return {
    id: toSalesforceId('005', 1000 + number),
    username: `user${String(number + 1).padStart(4, '0')}@${domain}`,
    name: `User ${number + 1}`,
  }
}

/** What tells one customer from all others, by number. */
export function portalIdentity(number: number): Pick<OrgUser, 'id' | 'username' | 'name'> {
  return {
    id: toSalesforceId('005', 100_000 + number),
    username: `customer${String(number + 1).padStart(5, '0')}@mail.example`,
    name: `Customer ${number + 1}`,
  }
}

/** A user of the portal beyond those who are active: an org knows far more than it sees. */
export function dormantPortalUser(number: number): OrgUser {
  const name = `customer${20_000 + number}`
  return {
    id: toSalesforceId('005', 400_000 + number),
    username: `${name}@mail.example`,
    name,
    userType: 'CspLitePortal',
  }
}

function createStaff(random: Random, count: number, domain: string): readonly Person[] {
  const offices = zones.map((_, index) => toAddress(10 + index, 10))
  const weights = heavyTail(random, count, 0.8)
  return weights.map((weight, number) => {
    const zone = zones[random.weighted([0.45, 0.4, 0.15])] ?? zones[0]
    const index = zone ? zones.indexOf(zone) : 0
    const place = random.pick(zone?.places ?? dataCentres)
    const home = random.chance(0.12)
      ? toIpv6(number)
      : toAddress(40 + (number % 100), 5 + Math.floor(number / 100))
    const office = { ip: offices[index] ?? '', place: zone?.places[0] ?? place }
    const homeOrigin = { ip: home, place }
    const department = departmentOf(number, count, random)
    const isExporter = random.chance(0.1)
    const identity = staffIdentity(number, domain)
    return {
      ...identity,
      userType: 'Standard',
      department,
      zoneOffset: zone?.offset ?? 0,
      home: homeOrigin,
      origins: random.chance(0.6) ? [office, homeOrigin] : [homeOrigin, office],
      devices: Array.from({ length: random.chance(0.3) ? 2 : 1 }, () =>
        drawDevice(random, browserAtFounding),
      ),
      habit: random.between(-1.2, 1.2) * hour,
      usesLightning: random.chance(0.88),
      usesSingleSignOn: random.chance(0.5),
      clumsiness: random.between(0.01, 0.03),
      rates: staffRates(weight, isExporter, department, random),
      reports: createReports(random, identity.id),
    }
  })
}

/** Of somebody in this department of whom nothing else is known. */
export function drawRates(random: Random, department: Department): Rates {
  const sigma = 0.8
  const weight = random.logNormal(Math.exp(-(sigma ** 2) / 2), sigma)
  return staffRates(weight, random.chance(0.1), department, random)
}

function staffRates(weight: number, isExporter: boolean, department: Department, random: Random): Rates {
  return {
    extraLogins: 0.8 * random.between(0.5, 1.5),
    pages: 164 * weight,
    listViews: 20 * weight * random.between(0.5, 1.5),
    reports: department === 'administration' ? 2 : 3.6 * weight * random.between(0.5, 1.5),
    exports: department === 'administration' ? 0.05 : isExporter ? 1.3 : 0.033,
    files: 3 * random.between(0.3, 1.7),
    // An administrator runs some queries by hand; one in five of the others has an add-in that does.
    apiCalls: department === 'administration' ? 10 : random.chance(0.2) ? 72 * random.between(0.6, 1.4) : 0,
  }
}

function departmentOf(number: number, count: number, random: Random): Department {
  if (number < Math.max(2, count / 100)) return 'administration'
  return (['sales', 'support', 'operations'] as const)[random.weighted([0.45, 0.35, 0.2])] ?? 'sales'
}

function createPortal(random: Random, count: number): readonly Person[] {
  return heavyTail(random, count, 0.7).map((weight, number) => {
    const zone = random.pick(zones)
    const place = random.pick(zone.places)
    const ip = random.chance(0.2)
      ? toIpv6(10_000 + number)
      : toAddress(150 + (number % 100), 5 + Math.floor(number / 100))
    const home = { ip, place }
    return {
      ...portalIdentity(number),
      userType: random.chance(0.8) ? 'CspLitePortal' : 'CustomerSuccess',
      department: 'portal',
      zoneOffset: zone.offset,
      home,
      origins: [home],
      devices: [drawDevice(random, browserAtFounding)],
      habit: random.between(-2, 4) * hour,
      usesLightning: true,
      usesSingleSignOn: false,
      clumsiness: random.between(0.05, 0.08),
      rates: {
        extraLogins: 0.06,
        pages: 4 * weight,
        listViews: 0,
        reports: 0,
        exports: 0,
        files: 0.02,
        apiCalls: 0,
      },
      reports: [],
    }
  })
}

/** The saved reports of a person, with ids that follow from what was drawn. */
export function createReports(random: Random, ownerId: string): readonly Report[] {
  const first = random.integer(12_000_000)
  return Array.from({ length: 3 + random.integer(10) }, (_, number) => {
    const entity = random.pick(objects)
    return {
      id: toSalesforceId('00O', first + number),
      name: `${entity.replace('__c', '')} overview ${number + 1}`,
      entity,
      columns: 5 + random.integer(15),
      rows: Math.round(random.logNormal(300, 1)),
      ownerId,
    }
  })
}

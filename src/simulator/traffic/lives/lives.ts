import type { Integration } from '../integration.ts'
import { type Person, portalIdentity, type SimulatedOrg, staffIdentity } from '../org.ts'
import type { Spells } from './chance.ts'
import { createCustomerLife, createStaffLife, type Life, type Today } from './life.ts'
import { createObjects, createProgramLife } from './programs.ts'
import { createTrials, type Trial } from './trials.ts'

/** Who works in an org on one day, and as what. */
export type OrgToday = {
  /** Everybody who is employed, those who are away as well. */
  readonly staff: readonly Today[]
  readonly portal: readonly Today[]
  readonly programs: readonly ProgramToday[]
  readonly trial?: Trial
}

/** An integration as it is on one day. */
export type ProgramToday = { readonly integration: Integration; readonly outages: Spells }

/** How the people and programs of an org live. Whatever day is asked for, in whatever order, the answer is the same. */
export interface Lives {
  /** The posts of the staff and the accounts of customers. */
  readonly posts: readonly Life[]
  /** `dayStart`: 00:00 UTC. */
  on(dayStart: number): OrgToday
}

/** The lives of an org; in a still one every day is like the other. */
export function createLives(org: SimulatedOrg): Lives {
  return org.isStill ? { posts: [], on: () => stillDay(org) } : createOrdinaryLives(org)
}

function createOrdinaryLives(org: SimulatedOrg): Lives {
  const seed = `${org.seed}/lives`
  const staff = org.staff.map((first, index) =>
    createStaffLife(`${seed}/${first.id}`, first, (holder) =>
      staffIdentity(index + holder * org.staff.length, org.domain),
    ),
  )
  const portal = org.portal.map((first, index) =>
    createCustomerLife(`${seed}/${first.id}`, first, (holder) =>
      portalIdentity(index + holder * org.portal.length),
    ),
  )
  const objectsAt = createObjects(seed)
  const programs = org.integrations.map((first) => createProgramLife(`${seed}/${first.id}`, first, objectsAt))
  const trialAt = createTrials(seed, org.domain)

  return {
    posts: [...staff, ...portal],
    on(dayStart) {
      const employed = staff.flatMap((life) => life.on(dayStart) ?? [])
      const administrator = employed.find(({ person }) => person.department === 'administration')
      const trial = administrator && trialAt(dayStart, administrator.person)
      return {
        staff: employed,
        portal: portal.flatMap((life) => life.on(dayStart) ?? []),
        programs: programs.map(({ on, outages }) => ({ integration: on(dayStart), outages })),
        ...(trial ? { trial } : {}),
      }
    },
  }
}

function stillDay({ staff, portal, integrations }: SimulatedOrg): OrgToday {
  const asEver = (person: Person): Today => ({ person, isAway: false, errands: [] })
  return {
    staff: staff.map(asEver),
    portal: portal.map(asEver),
    programs: integrations.map((integration) => ({ integration, outages: () => undefined })),
  }
}

import { createRandom } from '../../random.ts'
import type { OrgUser } from '../../server/org-user.ts'
import type { Phone } from '../devices.ts'
import type { Person } from '../org.ts'
import type { Origin } from '../origin.ts'
import { createSpells } from './chance.ts'
import { createEquipment } from './equipment.ts'
import { homeOrigin } from './networks.ts'
import { createPost, type Post, type Tenure } from './posts.ts'
import { rates, type Span } from './rates.ts'
import { createWhereabouts } from './whereabouts.ts'
import { createWork } from './work.ts'

/** Something that a person does once in a while, on a day at work. */
export type Errand = 'forgotten password' | 'new phone' | 'clean-up' | 'data load'

/** A person as they live on one day. */
export type Today = {
  readonly person: Person
  /** On a holiday, ill or on a longer leave. */
  readonly isAway: boolean
  readonly phone?: Phone & { readonly origin: Origin }
  readonly errands: readonly Errand[]
}

/** A post, and on each day how whoever holds it lives. */
export interface Life {
  readonly post: Post
  /** Who the holder of this number is: what never changes about them. */
  holder(number: number): Person
  /** Undefined on days on which nobody holds the post. `dayStart`: 00:00 UTC. */
  on(dayStart: number): Today | undefined
}

/** What tells each of those apart who come after the first holder of a post: 1, 2, … */
export type Successor = (holder: number) => Pick<OrgUser, 'id' | 'username' | 'name'>

/** The life of one of the staff's posts, which began with `first`. `seed` is the post's own. */
export function createStaffLife(seed: string, first: Person, successor: Successor): Life {
  const traits = createRandom(`${seed}/traits`)
  const isOne = ({ sales, others }: { readonly sales: number; readonly others: number }) =>
    traits.chance(first.department === 'sales' ? sales : others)
  const hasPhone = isOne(rates.phones)
  const whereabouts = createWhereabouts(seed, isOne(rates.travellers) ? 'often' : 'seldom')
  const equipment = createEquipment(seed, first.devices.length)
  const workOn = createWork(seed, first)
  const absences = [rates.holiday, rates.illness, rates.leave].map((absence, index) =>
    createSpells(`${seed}/absence/${index}`, absence),
  )
  const errandsOn = createErrands(seed, first, traits.chance(rates.loaders))
  return createLife(seed, first, successor, rates.tenure, (settled, { holder, since }, time) => {
    const person = {
      ...settled,
      ...workOn(settled, since, time),
      devices: equipment.computersOn(holder, time),
      origins: whereabouts.on(settled, holder, time),
    }
    const phone = () => ({ ...equipment.phoneOn(holder, time), origin: whereabouts.phoneOn(settled, time) })
    const errands = errandsOn(settled, time)
    return {
      person,
      isAway: absences.some((spells) => spells(time) !== undefined),
      ...(hasPhone ? { phone: phone() } : {}),
      errands: hasPhone && equipment.hasNewPhone(time) ? [...errands, 'new phone'] : errands,
    }
  })
}

/** The life of a customer's account; of customers less is seen. */
export function createCustomerLife(seed: string, first: Person, successor: Successor): Life {
  const whereabouts = createWhereabouts(seed, undefined)
  const equipment = createEquipment(seed, first.devices.length)
  const forgets = createSpells(`${seed}/forgets`, rates.customerForgets)
  return createLife(seed, first, successor, rates.customerTenure, (settled, { holder }, time) => ({
    person: {
      ...settled,
      devices: equipment.computersOn(holder, time),
      origins: whereabouts.on(settled, holder, time),
    },
    isAway: false,
    errands: forgets(time) ? ['forgotten password'] : [],
  }))
}

/** A life of which `todayOf` tells, by who holds the post, since when, and the day, how it is lived. */
function createLife(
  seed: string,
  first: Person,
  successor: Successor,
  lasts: Span,
  todayOf: (settled: Person, tenure: Tenure, dayStart: number) => Today,
): Life {
  const post = createPost(seed, lasts)
  const holder = holderOf(seed, first, successor)
  return {
    post,
    holder,
    on(time) {
      const tenure = post.at(time)
      return tenure && todayOf(holder(tenure.holder), tenure, time)
    },
  }
}

/** The errands of one of the staff on a day. Every administrator has a data loader. */
function createErrands(seed: string, { department }: Person, hasLoader: boolean) {
  const forgets = createSpells(`${seed}/forgets`, rates.forgottenPassword)
  const cleanUps = createSpells(`${seed}/clean-up`, rates.cleanUp)
  const loads = createSpells(`${seed}/load`, rates.load)
  const isLoader = department === 'administration' || (department === 'operations' && hasLoader)
  return ({ usesSingleSignOn }: Person, time: number): readonly Errand[] => {
    const errands: Errand[] = []
    if (!usesSingleSignOn && forgets(time)) errands.push('forgotten password')
    if (cleanUps(time)) errands.push('clean-up')
    if (isLoader && loads(time)) errands.push('data load')
    return errands
  }
}

/** Who comes later has the same desk and job, and another home and other habits. */
function holderOf(seed: string, first: Person, successor: Successor): (number: number) => Person {
  return (number) => {
    if (number === 0) return first
    const random = createRandom(`${seed}/holder/${number}`)
    const home = homeOrigin(`${seed}/home/${number}`, first.home.place)
    return {
      ...first,
      ...successor(number),
      home,
      origins: first.origins.map((origin) => (origin === first.home ? home : origin)),
      habit: first.habit * random.between(0.5, 1.5),
      usesSingleSignOn: first.department !== 'portal' && random.chance(0.5),
    }
  }
}

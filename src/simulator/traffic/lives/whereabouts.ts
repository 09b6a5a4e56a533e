import { createRandom } from '../../random.ts'
import type { Person } from '../org.ts'
import type { Origin } from '../origin.ts'
import { createSpells, createTurns } from './chance.ts'
import { carrierOrigin, homeOrigin, hotelOrigin } from './networks.ts'
import { rates } from './rates.ts'

/** From where the holder of a post works. */
export interface Whereabouts {
  /** On a day, the address used most first. `holder`: the number of who holds the post. */
  on(person: Person, holder: number, dayStart: number): readonly Origin[]
  /** Of the phone on that day. */
  phoneOn(person: Person, dayStart: number): Origin
}

/** The whereabouts of a post. `travels`: undefined for customers, of whose trips nothing is seen. */
export function createWhereabouts(seed: string, travels: 'often' | 'seldom' | undefined): Whereabouts {
  const homes = createTurns(`${seed}/home`, rates.homeAddress)
  const outside = createSpells(`${seed}/outside`, rates.outside)
  const trips =
    travels && createSpells(`${seed}/trip`, travels === 'often' ? rates.travellerTrip : rates.trip)

  /** The provider gives a home another address now and then; those with IPv6 keep their prefix. */
  function homeOn({ home }: Person, holder: number, time: number): Origin {
    const turn = homes(time).number
    const keeps = home.ip.includes(':') || (holder === 0 && turn === 0)
    return keeps ? home : homeOrigin(`${seed}/home/${holder}/${turn}`, home.place)
  }

  function phoneOn({ home }: Person, time: number): Origin {
    return carrierOrigin(`${seed}/carrier`, `${seed}/carrier/${time}`, home.place)
  }

  return {
    phoneOn,
    on(person, holder, time) {
      const trip = trips?.(time)
      if (trip) {
        const isFar = createRandom(trip.seed).chance(rates.farTrip)
        return [hotelOrigin(trip.seed, person.zoneOffset, isFar), phoneOn(person, time)]
      }
      const home = homeOn(person, holder, time)
      if (outside(time)) return [phoneOn(person, time), home]
      return person.origins.map((origin) => (origin === person.home ? home : origin))
    },
  }
}

import { createRandom, type Random } from '../../random.ts'
import type { Origin } from '../origin.ts'
import { type Place, zones } from '../places.ts'

const places = zones.flatMap((zone) => zone.places)
const countries = [...new Set(places.map(({ iso }) => iso))]

/** Networks of each kind, all within the range for carriers (RFC 6598): nobody's. Each region or country has its own. */
const blocks = { homes: 80, hotels: 96, carriers: 112 } as const

/** Where a provider connects the homes of a region: two hundred networks of it. */
export function homeOrigin(seed: string, place: Place): Origin {
  const random = createRandom(seed)
  return { ip: toIp(blocks.homes + places.indexOf(place), random.integer(200), random), place }
}

/** A hotel's or a host's network, in some place of the usual part of the world or in any. */
export function hotelOrigin(seed: string, zoneOffset: number, isFar: boolean): Origin {
  const random = createRandom(seed)
  const near = zones.find(({ offset }) => offset === zoneOffset)?.places ?? places
  return {
    ip: toIp(blocks.hotels + random.integer(16), random.integer(256), random),
    place: random.pick(isFar ? places : near),
  }
}

/** The carrier of somebody's phone: one of three in the country, with eight networks each; abroad it is the same. */
export function carrierOrigin(person: string, seed: string, home: Place): Origin {
  const carrier = createRandom(person).integer(3)
  const random = createRandom(seed)
  const country = Math.max(0, countries.indexOf(home.iso))
  return { ip: toIp(blocks.carriers + country, 8 * carrier + random.integer(8), random), place: home }
}

function toIp(block: number, network: number, random: Random): string {
  return `100.${block}.${network}.${2 + random.integer(250)}`
}

import { createRandom } from '../../random.ts'
import type { Integration } from '../integration.ts'
import { objects } from '../objects.ts'
import { type Origin, toAddress } from '../origin.ts'
import { dataCentres } from '../places.ts'
import { createSpells, createTurns, type Spells } from './chance.ts'
import { rates } from './rates.ts'

/** An integration through the years. */
export interface ProgramLife {
  on(time: number): Integration
  /** When its vendor has an incident. */
  readonly outages: Spells
}

/** The life of an integration that began as `first`. `objectsAt`: what there is to copy in the org at a time. */
export function createProgramLife(
  seed: string,
  first: Integration,
  objectsAt: (time: number) => readonly string[],
): ProgramLife {
  const addresses = createTurns(`${seed}/addresses`, rates.vendorAddress)
  const versions = createTurns(`${seed}/versions`, rates.clientVersion)
  const scopes = createTurns(`${seed}/scopes`, rates.scope)

  /** The vendor's addresses in the order in which it got them. Half the new ones lie in a network that it has. */
  function addressOf(number: number): Origin {
    const old = first.origins[number]
    if (old) return old
    const random = createRandom(`${seed}/addresses/${number}`)
    const host = 20 + random.integer(200)
    const [usual] = first.origins
    if (usual && random.chance(0.5)) return { ...usual, ip: usual.ip.replace(/\d+$/, String(host)) }
    return { ip: toAddress(200 + random.integer(50), host), place: random.pick(dataCentres) }
  }

  function scopeAt(time: number): readonly string[] {
    if (first.kind === 'backup') return objectsAt(time)
    if (first.kind === 'nightly-load') return objectsAt(time - rates.warehouseLag)
    const learned = Array.from({ length: scopes(time).number }, (_, number) =>
      createRandom(`${seed}/scopes/${number}`).pick(objects),
    )
    return [...first.objects, ...learned]
  }

  return {
    outages: createSpells(`${seed}/outages`, rates.outage),
    on(time) {
      const version = versions(time).number
      const oldest = addresses(time).number
      return {
        ...first,
        userAgent: first.userAgent && toVersion(first.userAgent, version),
        client: first.client && toVersion(first.client, version),
        origins: first.origins.map((_, index) => addressOf(oldest + index)),
        objects: scopeAt(time),
      }
    },
  }
}

/** `Billing Engine/3.1` → `Billing Engine/3.4`, three releases later. */
function toVersion(product: string, releases: number): string {
  return product.replace(/(?<=\/[\d.]*)\d+(?![\d.])/, (last) => String(Number(last) + releases))
}

/** The objects of an org at a time: those it began with, and what people have added since. */
export function createObjects(seed: string): (time: number) => readonly string[] {
  const added = createTurns(`${seed}/objects`, rates.customObject)
  return (time) => [
    ...objects,
    ...Array.from({ length: added(time).number }, (_, number) => `Process_${number + 1}__c`),
  ]
}

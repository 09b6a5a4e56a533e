import { type EntityColumn, EntityColumns } from './entity-columns.ts'
import { KeyIndex } from './key-index.ts'

/**
 * The entities that anything is kept of, in all orgs of a partition: each is a small number, the same for every detector that
 * watches entities of its type, so that its name is stored once and looked up once per event.
 */
export class EntityTable {
  readonly #orgs = new OrgNumbers()
  readonly #types = new Map<string, EntityIndex>()

  /** The entities of one type, such as `user`. */
  of(type: string): EntityIndex {
    let index = this.#types.get(type)
    if (!index) {
      index = new EntityIndex(this.#orgs)
      this.#types.set(type, index)
    }
    return index
  }
}

/** Somebody who keeps something of entities. */
export interface Keeper {
  /** Reads from each cache line of what is kept of an entity. Answers anything that depends on it. */
  glance(entity: number): number
}

/** What is kept of fewer entities is in the caches anyway. */
const beyondCaches = 30_000

/** The entities of one type. Whoever keeps something of one retains it; one that nobody retains any more is forgotten. */
export class EntityIndex {
  readonly #orgs: OrgNumbers
  readonly #keys = new KeyIndex()
  readonly #columns = new EntityColumns()
  readonly #holders = this.#columns.add()
  readonly #keepers: Keeper[] = []
  readonly #expected: number[] = []
  /** Keeps the compiler from leaving out what only looks. */
  readonly #seen = new Float64Array(1)
  /** The last answer: the detectors ask for the same entity one after the other. */
  #lastOrg = ''
  #lastId = ''
  #lastNumber = -1

  constructor(orgs: OrgNumbers) {
    this.#orgs = orgs
  }

  get size(): number {
    return this.#keys.size
  }

  /** Entities have numbers below this. */
  get end(): number {
    return this.#keys.end
  }

  /** The number of an entity, −1 when nobody retains it. */
  find(orgId: string, id: string): number {
    if (this.#isLast(orgId, id)) return this.#lastNumber
    const number = this.#keys.find(this.#orgs.of(orgId), id)
    this.#remember(orgId, id, number)
    return number
  }

  /** Notes one more holder of an entity and answers its number. */
  retain(orgId: string, id: string): number {
    const number = this.#isLast(orgId, id) ? this.#lastNumber : this.#keys.add(this.#orgs.of(orgId), id)
    this.#holders.set(number, this.#holders.get(number) + 1)
    this.#remember(orgId, id, number)
    return number
  }

  /** Notes that one of its holders keeps nothing of the entity any more. */
  release(number: number): void {
    const holders = this.#holders.get(number) - 1
    this.#holders.set(number, holders)
    if (holders > 0) return
    this.#keys.remove(number)
    this.#lastNumber = -1
  }

  /** A number for each entity that its holders may keep, and have to take back when they release it. */
  addColumn(): EntityColumn {
    return this.#columns.add()
  }

  /** What this keeper has of an entity is looked at when the entity is expected. */
  addKeeper(keeper: Keeper): void {
    this.#keepers.push(keeper)
  }

  /** Says that events of this entity come next. */
  expect(orgId: string, id: string): void {
    if (this.size < beyondCaches) return
    const entity = this.#keys.find(this.#orgs.of(orgId), id)
    if (entity >= 0) this.#expected.push(entity)
  }

  /**
   * Brings what is kept of the expected entities into the processor's caches. Memory is slow to answer, but answers many questions
   * at once when none depends on another: so every entity is looked up in one place before the next place. Among a million
   * users an event takes a tenth less.
   */
  glanceAtExpected(): void {
    if (this.#expected.length === 0) return
    let seen = 0
    for (const keeper of this.#keepers) for (const entity of this.#expected) seen += keeper.glance(entity)
    this.#seen[0] = seen
    this.#expected.length = 0
  }

  orgOf(number: number): string {
    return this.#orgs.idOf(this.#keys.ownerOf(number))
  }

  idOf(number: number): string {
    return this.#keys.textOf(number)
  }

  #isLast(orgId: string, id: string): boolean {
    return this.#lastNumber >= 0 && id === this.#lastId && orgId === this.#lastOrg
  }

  #remember(orgId: string, id: string, number: number): void {
    this.#lastOrg = orgId
    this.#lastId = id
    this.#lastNumber = number
  }
}

/** Orgs are few: a number each. */
class OrgNumbers {
  readonly #numbers = new Map<string, number>()
  readonly #ids: string[] = []

  of(id: string): number {
    let number = this.#numbers.get(id)
    if (number === undefined) {
      number = this.#ids.push(id) - 1
      this.#numbers.set(id, number)
    }
    return number
  }

  idOf(number: number): string {
    return this.#ids[number] as string
  }
}

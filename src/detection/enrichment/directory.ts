import type { Activity, DirectoryRecord } from '../activity/activity.ts'
import type { Person, PersonLookup } from '../activity/person.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

/** Texts that many people have in common; more than so many different ones are not worth sharing. */
const mostShared = 20_000

/** Who the users of the orgs are, as far as their directories have been read. The newest record about a user counts. */
export class Directory {
  readonly state: EntityState<Person>
  readonly #shared = new Map<string, string>()

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('directory', users, {
      encode: (person) => Buffer.from(JSON.stringify(toStored(person))),
      decode: (bytes) => this.#fromStored(JSON.parse(bytes.toString()) as Stored),
    })
  }

  /** Takes over what a record says. */
  note({ org, user, person }: DirectoryRecord): void {
    this.state.set(org.id, user, this.#compact(person))
  }

  /** Lets the activity know its person, who is looked up when somebody asks. */
  introduce(activity: Activity): void {
    if (this.state.size > 0) activity.personOf = this.find
  }

  readonly find: PersonLookup = (orgId, user) => this.state.get(orgId, user) ?? null

  #fromStored(stored: Stored): Person {
    const [username, name, userType, profile, role, department, active, created, lastLogin] = stored
    return this.#compact({ username, name, userType, profile, role, department, active, created, lastLogin })
  }

  /** Hundreds of thousands of users have a few hundred profiles, roles and departments: each is kept once. */
  #compact(person: Person): Person {
    return {
      username: person.username,
      name: person.name,
      userType: this.#share(person.userType),
      profile: this.#share(person.profile),
      role: this.#share(person.role),
      department: this.#share(person.department),
      active: person.active,
      created: person.created,
      lastLogin: person.lastLogin,
    }
  }

  #share(text: string | null): string | null {
    if (text === null) return null
    const known = this.#shared.get(text)
    if (known !== undefined) return known
    if (this.#shared.size < mostShared) this.#shared.set(text, text)
    return text
  }
}

type Stored = readonly [
  username: string | null,
  name: string | null,
  userType: string | null,
  profile: string | null,
  role: string | null,
  department: string | null,
  active: boolean | null,
  created: number | null,
  lastLogin: number | null,
]

function toStored({ username, name, userType, profile, role, department, active, ...times }: Person): Stored {
  return [username, name, userType, profile, role, department, active, times.created, times.lastLogin]
}

import type { DurableState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import { traitsOf } from '../activity/traits.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import type { EntityIndex, EntityTable } from '../entities/entity-table.ts'
import { Desks } from './desks.ts'
import { Directory } from './directory.ts'
import { ExportDays } from './export-days.ts'
import { Familiarity } from './familiarity.ts'
import { Grants } from './grants.ts'
import { Impersonations } from './impersonations.ts'
import { Logins } from './logins.ts'
import { newUserSince } from './new-users.ts'
import { OrgFacts } from './org-facts.ts'
import { ParallelUse } from './parallel-use.ts'
import { Prompts } from './prompts.ts'
import { Sprays } from './sprays.ts'
import { Travels } from './travels.ts'
import { UsualHours } from './usual-hours.ts'
import { Whereabouts } from './whereabouts.ts'

/**
 * Adds to each activity what its event does not say and what follows from those before it: whose it is, what is new about it, what
 * else its user and network have just done. Each is learned from in turn.
 */
export class Enrichment {
  /** What the orgs' directories say. */
  readonly directory: Directory
  readonly facts = new OrgFacts()
  readonly #users: EntityIndex
  readonly #logins = new Logins()
  readonly #familiarity: Familiarity
  readonly #desks: Desks
  readonly #parallel: ParallelUse
  readonly #travels: Travels
  readonly #sprays = new Sprays()
  readonly #prompts: Prompts
  readonly #grants: Grants
  readonly #impersonations: Impersonations
  readonly #hours: UsualHours
  readonly #whereabouts: Whereabouts
  readonly #exportDays: ExportDays

  constructor(entities: EntityTable) {
    const users = entities.of('user')
    this.#users = users
    this.directory = new Directory(users)
    this.#familiarity = new Familiarity({ entities })
    this.#desks = new Desks(users)
    this.#parallel = new ParallelUse(users)
    this.#travels = new Travels(users)
    this.#prompts = new Prompts(users)
    this.#grants = new Grants(users)
    this.#impersonations = new Impersonations(users)
    this.#hours = new UsualHours(users)
    this.#whereabouts = new Whereabouts(users)
    this.#exportDays = new ExportDays(this.#familiarity.state, users)
  }

  get states(): readonly DurableState[] {
    const { directory, facts } = this
    const alone = this.#memories.map(({ state }) => state)
    return [...alone, ...this.#familiarity.states, directory.state, ...facts.states]
  }

  /** Says that this activity comes soon. */
  expect(activity: Activity): void {
    if (activity.user !== null) this.#users.expect(activity.org.id, activity.user)
    this.#logins.expect(activity)
  }

  /** Fetches what is kept of the users and logins of the activities that come soon: see `EntityIndex.glanceAtExpected`. */
  glanceAtExpected(): void {
    this.#users.glanceAtExpected()
    this.#logins.state.entities.glanceAtExpected()
  }

  /** What is told later may need what was told before. `offset`: of the org's time zone. */
  enrich(activity: Activity, offset: ZoneOffset): void {
    this.#logins.note(activity)
    this.directory.introduce(activity)
    this.facts.introduce(activity)
    activity.traits = traitsOf(activity)
    activity.elsewhere = this.#desks.note(activity)
    activity.firsts = this.#familiarity.note(activity)
    activity.firsts = this.#whereabouts.note(activity)
    const place = this.#parallel.note(activity)
    activity.parallel = place === 'parallel'
    activity.moved = place === 'moved'
    activity.journey = this.#travels.note(activity)
    activity.failingUsers = this.#sprays.note(activity)
    activity.unanswered = this.#prompts.note(activity)
    activity.grant = this.#grants.note(activity)
    activity.impersonator = this.#impersonations.note(activity)
    activity.newUserSince = newUserSince(activity, this.#familiarity.state)
    activity.offHours = this.#hours.note(activity, offset)
    activity.exportDays = this.#exportDays.note(activity, offset)
  }

  /** Forgets what nobody needs any more. `time`: how far event time has come, ms. */
  expire(time: number): void {
    for (const memory of [...this.#memories, this.#familiarity]) memory.expire(time)
  }

  /** Those with one state each. */
  get #memories() {
    return [
      ...[this.#logins, this.#parallel, this.#desks, this.#travels, this.#sprays, this.#prompts],
      ...[this.#grants, this.#impersonations, this.#hours, this.#whereabouts, this.#exportDays],
    ]
  }
}

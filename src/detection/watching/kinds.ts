import type { Action, Activity } from '../activity/activity.ts'
import type { Firsts } from '../activity/firsts.ts'
import { fieldsOfFirsts } from '../definition/fields.ts'

/** What the activities of a kind have in common. `known`: fields beside action and type. */
export type Kind = {
  readonly action: Action
  readonly type: string
  readonly known: Readonly<Record<string, unknown>>
}

/** More kinds than there are: beyond it somebody is making names of events up. */
const mostKinds = 10_000

/**
 * Something for each kind of activity, made when the first of the kind comes. Kinds are told apart by action, event type, what
 * is new for the user, and whether records left the org: that decides most conditions of most detectors, and of the few
 * hundred kinds a handful makes up nearly all activities.
 */
export class ByKind<T> {
  readonly #make: (kind: Kind) => T
  readonly #made = new Map<
    Action,
    Map<string, { readonly empty: Map<Firsts, T>; readonly full: Map<Firsts, T> }>
  >()
  #count = 0

  constructor(make: (kind: Kind) => T) {
    this.#make = make
  }

  of({ action, type, firsts, rows }: Activity): T {
    const ofType = this.#made.get(action)?.get(type)
    const found = rows === 0 ? ofType?.empty.get(firsts) : ofType?.full.get(firsts)
    return found ?? this.#add(action, type, firsts, rows === 0)
  }

  #add(action: Action, type: string, firsts: Firsts, isEmpty: boolean): T {
    if (this.#count++ >= mostKinds) {
      this.#made.clear()
      this.#count = 0
    }
    const types = this.#made.get(action) ?? new Map()
    const ofType = types.get(type) ?? { empty: new Map(), full: new Map() }
    const known = { ...fieldsOfFirsts(firsts), ...(isEmpty && { rows: 0 }) }
    const made = this.#make({ action, type, known })
    this.#made.set(action, types.set(type, ofType))
    if (isEmpty) ofType.empty.set(firsts, made)
    else ofType.full.set(firsts, made)
    return made
  }
}

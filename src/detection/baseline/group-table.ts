import { KeyedState } from '../../stream/keyed-state.ts'
import { createGroup, type GroupModel, type GroupState, groupCodec } from './group-state.ts'

/** The peer groups of one detector: each has a number for as long as the process runs, and its state. */
export class GroupTable {
  readonly state: KeyedState<GroupState>
  readonly #windows: number
  readonly #numbers = new Map<string, Map<string, number>>()
  readonly #groups: { readonly orgId: string; readonly name: string; readonly key: string }[] = []
  /** Events of one group often follow each other. */
  #last = 0
  /** By number, as far as they were asked for. */
  readonly #states: GroupState[] = []

  constructor(section: string, model: GroupModel, windows: number) {
    this.state = new KeyedState(section, groupCodec(model, windows))
    this.#windows = windows
  }

  /** The number of an org's group, new if it has none. */
  numberOf(orgId: string, name: string): number {
    const last = this.#groups[this.#last]
    if (last && last.name === name && last.orgId === orgId) return this.#last
    let names = this.#numbers.get(orgId)
    if (!names) {
      names = new Map()
      this.#numbers.set(orgId, names)
    }
    let number = names.get(name)
    if (number === undefined) {
      number = this.#groups.push({ orgId, name, key: `${orgId}\0${name}` }) - 1
      names.set(name, number)
    }
    this.#last = number
    return number
  }

  nameOf(number: number): string {
    return this.#groups[number]?.name ?? ''
  }

  orgOf(number: number): string {
    return this.#groups[number]?.orgId ?? ''
  }

  has(number: number): boolean {
    return (
      this.#states[number] !== undefined || this.state.get(this.#groups[number]?.key as string) !== undefined
    )
  }

  /** Says that the state of a group was changed. */
  touch(number: number): void {
    this.state.touch(this.#groups[number]?.key as string)
  }

  /** The state of a group, which begins at `time` (ms) if there is none. */
  at(number: number, model: GroupModel, time: number): GroupState {
    const known = this.#states[number]
    if (known) return known
    const key = this.#groups[number]?.key as string
    let group = this.state.get(key)
    if (!group) {
      group = createGroup(model, this.#windows, time)
      this.state.set(key, group)
    }
    this.#states[number] = group
    return group
  }
}

import { day, hour, second } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { type LoginBeginning, wordOf } from '../activity/login-beginning.ts'
import { nameOf } from '../activity/payload.ts'
import { EntityRows } from '../entities/entity-rows.ts'
import { EntityTable } from '../entities/entity-table.ts'
import { withRoomFor } from '../entities/growing.ts'

/** A login is forgotten after so long without use, ms. */
const keptFor = 7 * day

/** The words of a row: when the login was last used, s, and where and with what it began; 0 is what nothing has told. */
const cell = { used: 0, network: 1, client: 2 } as const
const layout = { fixed: Object.keys(cell).length, parts: 0, perPart: 0 }

/** Of a login whose application nothing has named. */
const unnamed = ''

/**
 * What is known of each login, by LoginKey: its application, which most events of a session do not name themselves, and where and
 * with what it began, for a stolen session goes on elsewhere. Bounded: the logins used longest ago are forgotten first. A
 * row per login; after it stands, when it is saved, the application's name.
 */
export class Logins {
  readonly state: EntityRows
  readonly #capacity: number
  /** Each application that was ever named, and by row which one it is. */
  readonly #names: string[] = []
  readonly #numbers = new Map<string, number>()
  #apps = new Uint32Array(16)

  /** @param options.capacity how many logins are remembered at most, a million when absent: about 70 bytes each */
  constructor({ capacity = 1_000_000 }: { readonly capacity?: number } = {}) {
    this.#capacity = capacity
    this.state = new EntityRows('logins/rows', new EntityTable().of('login'), layout, {
      size: (row) => 4 + 3 * this.#appOf(row).length,
      write: (row, bytes) => bytes.text(this.#appOf(row)),
      read: (row, bytes) => this.#setApp(row, bytes.toString('utf8', 4)),
      clear: () => undefined,
    })
  }

  /**
   * Learns from a login, or where none came (Salesforce need not stream those of integrations) from the first activities that
   * tell; gives any other activity of the same login its application, and every one how the login began.
   */
  note(activity: Activity): void {
    const { login, org, time } = activity
    if (login === null) return
    const known = this.state.find(org.id, login)
    const row = known < 0 ? this.#add(org.id, login) : known
    this.#noteApp(activity, row)
    // A login as somebody else has the key of the administrator's.
    if (activity.action !== 'login-as') activity.begun = this.#noteBeginning(activity, row)
    const used = this.#read(row, cell.used) * second
    if (known < 0 || time - used > hour)
      this.#write(row, cell.used, Math.floor(Math.max(time, used) / second))
  }

  /** Says that this activity comes soon: see {@link EntityIndex.expect}. */
  expect({ login, org }: Activity): void {
    if (login !== null) this.state.entities.expect(org.id, login)
  }

  /** Forgets logins that were not used since long before `time`, and applications that are theirs alone. */
  expire(time: number): void {
    const names = this.#names.splice(0)
    this.#numbers.clear()
    for (const row of this.#rows()) {
      if (time - this.#read(row, cell.used) * second > keptFor) this.state.delete(row)
      else this.#setApp(row, names[this.#apps[row] as number] as string)
    }
  }

  #noteApp(activity: Activity, row: number): void {
    const app = this.#appOf(row)
    const isLogin = activity.action === 'login'
    if (app !== unnamed && !isLogin) {
      activity.app = app
      return
    }
    const named = isLogin ? activity.app : nameOf(activity.raw, 'Application')
    if (named === null || named === app) return
    this.#setApp(row, named)
    this.state.touch(row)
  }

  #noteBeginning({ network, client }: Activity, row: number): LoginBeginning {
    if (network !== null && this.#read(row, cell.network) === 0)
      this.#write(row, cell.network, wordOf(network))
    // Logins of programs name no client at all.
    if (client !== null && client !== 'unknown' && this.#read(row, cell.client) === 0)
      this.#write(row, cell.client, wordOf(client))
    return { network: this.#read(row, cell.network), client: this.#read(row, cell.client) }
  }

  #add(org: string, login: string): number {
    if (this.state.size >= this.#capacity) this.#makeRoom()
    const row = this.state.add(org, login)
    this.#setApp(row, unnamed)
    return row
  }

  /** Forgets many at once, for it sorts them all. The order comes from what is stored, so that a restart changes nothing. */
  #makeRoom(): void {
    const oldestFirst = Uint32Array.from(this.#rows(), (row) => this.#read(row, cell.used)).sort()
    const forgotten = Math.ceil(this.#capacity / 10)
    const last = oldestFirst[forgotten - 1] as number
    let ofLast = forgotten - oldestFirst.indexOf(last)
    for (const row of this.#rows()) {
      const used = this.#read(row, cell.used)
      if (used < last || (used === last && ofLast-- > 0)) this.state.delete(row)
    }
  }

  *#rows(): Generator<number> {
    for (let row = 0; row < this.state.end; row++) if (this.state.isUsed(row)) yield row
  }

  #read(row: number, index: number): number {
    return this.state.chunkOf(row).words[this.state.startOf(row) + index] as number
  }

  #write(row: number, index: number, word: number): void {
    this.state.chunkOf(row).words[this.state.startOf(row) + index] = word
    this.state.touch(row)
  }

  #appOf(row: number): string {
    return this.#names[this.#apps[row] as number] as string
  }

  #setApp(row: number, app: string): void {
    let number = this.#numbers.get(app)
    if (number === undefined) {
      number = this.#names.push(app) - 1
      this.#numbers.set(app, number)
    }
    this.#apps = withRoomFor(this.#apps, row)
    this.#apps[row] = number
  }
}

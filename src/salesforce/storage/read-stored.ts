import type { OrgRest, RestRow } from './org-rest.ts'

/** An event in a storage object. */
export type StoredEvent = {
  /** EventIdentifier: the same in the stream. */
  readonly identifier: string
  /** EventDate, ms since the epoch. */
  readonly time: number
  readonly row: RestRow
}

export type StoredRange = {
  /** Storage object, such as `ApiEvent`. */
  readonly object: string
  /** Columns to read; EventDate and EventIdentifier must be among them. `FIELDS(ALL)` for all. */
  readonly columns: readonly string[]
  /** EventDate of the oldest and behind the newest event, ms since the epoch. */
  readonly from: number
  readonly to: number
}

/** Rows in one answer at most, with named columns and with all of them. */
const pageSize = 2000
const pageSizeOfAll = 200
/** Salesforce makes no pages smaller than this where there is more. */
const smallestPage = 200

/**
 * The events of a storage object in `[from, to)`, newest first, in as few queries as a big object allows: it is filtered by
 * EventDate and EventIdentifier alone, counts nothing, sorts by EventDate only, and may end an answer without saying that there
 * is more. So a page goes on from the time of its last row, inclusively, and where a whole page has one time its identifiers
 * are read range by range. Each event comes once.
 */
export async function* readStored(rest: OrgRest, range: StoredRange): AsyncGenerator<readonly StoredEvent[]> {
  /** Identifiers that came before and have the time at which the next page begins. */
  let before: ReadonlySet<string> = new Set()
  let until = `< ${toLiteral(range.to)}`
  for (;;) {
    const where = `EventDate >= ${toLiteral(range.from)} AND EventDate ${until}`
    const page = await select(rest, range, `${where} ORDER BY EventDate DESC LIMIT ${limitOf(range)}`)
    const [newest, oldest] = [page[0], page.at(-1)]
    if (!newest || !oldest) return
    const fresh = page.filter(({ identifier }) => !before.has(identifier))
    if (page.length < smallestPage) {
      yield fresh
      return
    }
    if (newest.time === oldest.time) {
      for await (const ties of readTies(rest, range, { time: oldest.time, low: '', high: undefined }))
        yield ties.filter(({ identifier }) => !before.has(identifier))
      before = new Set()
      until = `< ${toLiteral(oldest.time)}`
    } else {
      yield fresh
      before = new Set(page.filter(({ time }) => time === oldest.time).map(({ identifier }) => identifier))
      until = `<= ${toLiteral(oldest.time)}`
    }
  }
}

/** Every column of an object that the user may see; none while it holds no row. */
export async function columnsOf(rest: OrgRest, object: string): Promise<readonly string[]> {
  const [row] = await rest.query(`SELECT FIELDS(ALL) FROM ${object} LIMIT 1`)
  return Object.keys(row ?? {}).filter((name) => name !== 'attributes')
}

/** Characters at which identifiers of one time are cut into ranges: they are UUIDs as a rule. */
const cuts = [...'0123456789abcdefg']
/** Longest identifier at which it is cut; beyond it they are no UUIDs. */
const deepest = 5

/** Identifiers of one time, from `low` up to but not including `high`. */
type Ties = { readonly time: number; readonly low: string; readonly high: string | undefined }

/** All events of one time. In what order a big object gives them is not said, so ranges are cut until each fits into a page. */
async function* readTies(
  rest: OrgRest,
  range: StoredRange,
  { time, low, high }: Ties,
): AsyncGenerator<readonly StoredEvent[]> {
  const bounds = [low, ...cuts.map((cut) => low + cut)]
  for (const [index, from] of bounds.entries()) {
    const to = bounds[index + 1] ?? high
    const lower = from === '' ? '' : ` AND EventIdentifier >= '${from}'`
    const upper = to === undefined ? '' : ` AND EventIdentifier < '${to}'`
    const page = await select(
      rest,
      range,
      `EventDate = ${toLiteral(time)}${lower}${upper} LIMIT ${limitOf(range)}`,
    )
    if (page.length < smallestPage) yield page
    else if (index > 0 && from.length < deepest) yield* readTies(rest, range, { time, low: from, high: to })
    else
      throw new Error(`too many ${range.object} rows of ${toLiteral(time)} have identifiers that look alike`)
  }
}

async function select(
  rest: OrgRest,
  { object, columns }: StoredRange,
  rule: string,
): Promise<readonly StoredEvent[]> {
  const rows = await rest.query(`SELECT ${columns.join(', ')} FROM ${object} WHERE ${rule}`)
  return rows.flatMap((row) => {
    const { EventIdentifier: identifier, EventDate: date } = row
    const time = typeof date === 'string' ? Date.parse(date.replace(/\+0000$/, 'Z')) : Number.NaN
    return typeof identifier === 'string' && !Number.isNaN(time) ? [{ identifier, time, row }] : []
  })
}

function limitOf({ columns }: StoredRange): number {
  return columns.includes('FIELDS(ALL)') ? pageSizeOfAll : pageSize
}

function toLiteral(time: number): string {
  return new Date(time).toISOString()
}

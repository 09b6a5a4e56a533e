import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'

/** What an attacker gets, and when. */
export type Loot = {
  /** `rows`, or what stands for them where none leave. */
  readonly unit: 'rows' | 'files' | 'events'
  readonly total: number
  /** The share that is gone at `time`. */
  goneAt(time: number): number
}

type Piece = { readonly time: number; readonly amount: number }

/** Counted by Salesforce's own rules, apart from those of the detectors: the rows of a Bulk query leave with its downloads. */
export function createLoot(events: readonly SimulatedEvent[]): Loot {
  const rows = events.flatMap((event) => rowsOf(event, events))
  if (rows.length > 0) return toLoot('rows', rows)
  const files = events.filter(({ payload }) => payload.FileAction === 'UI_DOWNLOAD').map(one)
  return files.length > 0 ? toLoot('files', files) : toLoot('events', events.map(one))
}

function toLoot(unit: Loot['unit'], pieces: readonly Piece[]): Loot {
  const total = pieces.reduce((sum, { amount }) => sum + amount, 0)
  const gone = (time: number) =>
    pieces.reduce((sum, piece) => (piece.time <= time ? sum + piece.amount : sum), 0)
  return { unit, total, goneAt: (time) => (total === 0 ? 0 : gone(time) / total) }
}

function rowsOf({ channel, payload }: SimulatedEvent, events: readonly SimulatedEvent[]): readonly Piece[] {
  const time = timeOf(payload)
  const all = Number(payload.RowsProcessed ?? 0)
  const piece = (amount: number) => (amount > 0 ? [{ time, amount }] : [])
  if (channel.endsWith('ReportEventStream') || channel.endsWith('ListViewEventStream'))
    return piece(payload.Sequence === 1 ? all : 0)
  if (!channel.endsWith('ApiEventStream') || String(payload.Operation).startsWith('Delete')) return []
  if (payload.ApiType !== 'Bulk') return piece(Number(payload.RowsReturned ?? 0))
  const downloads = events.filter(
    (event) =>
      event.channel.endsWith('BulkApiResultEvent') &&
      event.payload.Query === payload.Query &&
      event.payload.SessionKey === payload.SessionKey,
  )
  if (downloads.length === 0) return piece(all)
  return downloads.map((download) => ({ time: timeOf(download.payload), amount: all / downloads.length }))
}

function one({ payload }: SimulatedEvent): Piece {
  return { time: timeOf(payload), amount: 1 }
}

function timeOf(payload: Readonly<Record<string, unknown>>): number {
  return Date.parse(String(payload.EventDate))
}

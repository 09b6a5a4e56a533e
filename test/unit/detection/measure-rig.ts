import { MeasureRows } from '../../../src/detection/baseline/measure-rows.ts'
import { cellsPerWindow, type MeasureState, moment } from '../../../src/detection/baseline/measure-state.ts'
import { EntityTable } from '../../../src/detection/entities/entity-table.ts'

const org = '00Dxx0000000001AAA'

/** The rows of one detector in which groups have the numbers of `names`. */
export function createMeasures(windows: readonly number[], distinct = false, names: string[] = []) {
  const measures = new MeasureRows({
    section: 'measures',
    entities: new EntityTable().of('user'),
    windows,
    distinct,
    ratio: false,
    groupNumber: (_, name) => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1),
    groupName: (number) => names[number] ?? '',
  })
  return {
    measures,
    add: (id: string, time: number, watermark = time, group = 'user') =>
      measures.add(
        org,
        id,
        names.includes(group) ? names.indexOf(group) : names.push(group) - 1,
        time,
        watermark,
      ),
    /** Rows of another process that has what was saved of these. */
    restored() {
      const other = createMeasures(windows, distinct, ['another', ...names])
      for (const { key, value } of measures.rows.takeChanges().puts.toReversed())
        other.measures.rows.restore(key, value)
      return other.measures
    },
  }
}

/** Everything that is known of an entity, as plain values. */
export function contentOf(measures: MeasureRows, state: MeasureState, groupName: (number: number) => string) {
  const { row, head, learnedTo, since, suspendedFrom, suspendedTo, values } = state
  const cells = state.slots.map(({ cells, base }) => [...cells.subarray(base, base + cellsPerWindow)])
  return {
    row,
    times: { head, learnedTo, since, suspendedFrom, suspendedTo },
    group: groupName(state.group),
    cells,
    waiting: measures.waiting.of(row),
    values: values && [...values.toNumbers()],
  }
}

export { moment, org }

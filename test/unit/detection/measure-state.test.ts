import { expect, test } from 'vitest'
import {
  baseOf,
  createMeasureState,
  measureStateCodec,
  moment,
} from '../../../src/detection/baseline/measure-state.ts'

const monday = Date.UTC(2026, 2, 9)

test('a state is read back as it was saved', () => {
  const state = createMeasureState(2, monday, 'user, Standard', true)
  state.values?.see(7, monday)
  state.cells[baseOf(1) + moment.first] = 1.5
  expect(measureStateCodec.decode(measureStateCodec.encode(state))).toEqual(state)
})

test('cells that were added to a window since it was saved are zero, and the others keep their places', () => {
  const cellsPerWindow = baseOf(1)
  const saved = savedWith(2, moment.third, [
    [0, 3],
    [moment.second, 0.25],
    [moment.third + 1, 8],
  ])
  const { cells, group, head } = measureStateCodec.decode(saved)
  expect({ group, head, length: cells.length }).toEqual({
    group: 'g',
    head: monday,
    length: 2 * cellsPerWindow,
  })
  const filled = [...cells.entries()].filter(([, cell]) => cell !== 0)
  expect(filled).toEqual([
    [0, 3],
    [moment.second, 0.25],
    [cellsPerWindow + 1, 8],
  ])
})

/** What a program with fewer cells per window saved. */
function savedWith(
  windows: number,
  cellsPerWindow: number,
  filled: readonly (readonly [number, number])[],
): Buffer {
  const length = windows * cellsPerWindow
  const fixed = Buffer.alloc(48)
  fixed.writeDoubleLE(monday, 0)
  fixed.writeUInt16LE(1, 40)
  fixed.writeUInt16LE(length, 42)
  fixed.writeUInt16LE(cellsPerWindow, 46)
  const bitmap = Buffer.alloc(Math.ceil(length / 8))
  const cells = Buffer.alloc(4 * filled.length)
  for (const [order, [index, cell]] of filled.entries()) {
    bitmap[index >> 3]! |= 1 << (index & 7)
    cells.writeFloatLE(cell, 4 * order)
  }
  return Buffer.concat([fixed, Buffer.from('g'), bitmap, cells])
}

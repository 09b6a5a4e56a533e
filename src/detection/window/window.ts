/**
 * A sliding window as ten panes in a ring of ten cells: a pane has an absolute index (time divided by its length), its cell
 * is the index modulo ten. The window that ends with pane p holds the panes p−9 … p, the last of them still filling.
 * The cells lie at `base` inside an array that belongs to an entity's state.
 */
export const panesPerWindow = 10

/** Absolute index of the pane of `time` in a window of `length` ms. */
export function paneAt(time: number, length: number): number {
  return Math.floor((time * panesPerWindow) / length)
}

/** When a pane of a window of `length` begins, ms. */
export function paneStart(pane: number, length: number): number {
  return (pane * length) / panesPerWindow
}

/** The window [start, end) that ends with `pane`; `end` lies in the future while the pane is filling. */
export function windowEndingAt(pane: number, length: number): { start: number; end: number } {
  const end = ((pane + 1) * length) / panesPerWindow
  return { start: end - length, end }
}

/** Moves the ring's last pane from `head` to the later pane `next`: whatever slides out is forgotten. */
export function slide(cells: Float32Array, base: number, head: number, next: number): void {
  const gone = Math.min(panesPerWindow, next - head)
  for (let step = 1; step <= gone; step++) cells[base + ((head + step) % panesPerWindow)] = 0
}

/** Adds to a pane that has not slid out yet; an older one is left alone. */
export function addToPane(
  cells: Float32Array,
  base: number,
  head: number,
  pane: number,
  amount: number,
): void {
  if (pane > head || pane <= head - panesPerWindow) return
  const cell = base + (pane % panesPerWindow)
  cells[cell] = (cells[cell] as number) + amount
}

/** Absolute index of the last pane from which on the window that ends with `pane` still holds so much. */
export function firstPaneOf(cells: Float32Array, base: number, pane: number, amount: number): number {
  let first = pane - panesPerWindow + 1
  let rest = windowTotal(cells, base)
  for (; first < pane; first++) {
    rest -= cells[base + (first % panesPerWindow)] as number
    if (rest < amount) break
  }
  return first
}

export function windowTotal(cells: Float32Array, base: number): number {
  let total = 0
  for (let cell = base; cell < base + panesPerWindow; cell++) total += cells[cell] as number
  return total
}

/** Writes to standard output. */
export function print(text: string): void {
  process.stdout.write(text)
}

/** One JSON object a line. */
export function printObjects(objects: readonly object[]): void {
  for (const object of objects) print(`${JSON.stringify(object)}\n`)
}

/** Columns side by side, as wide as their widest cell. `right`: columns whose cells stand at the right. */
export function formatTable(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const pad = (cell: string, column: number) =>
    right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return rows.map((row) => `${row.map(pad).join('  ').trimEnd()}\n`).join('')
}

/** `1 detector`, `5 detectors`. */
export function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** In three digits: `503 MB`, `1.5 GB`, `20 bytes`; steps of a thousand. */
export function formatBytes(bytes: number): string {
  let amount = Math.round(bytes)
  let step = 0
  for (; amount >= 999.5 && step < units.length - 1; step++) amount /= 1000
  return `${Number(amount.toPrecision(3)).toLocaleString('en-US')} ${units[step]}`
}

const unitMilliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** One second in ms, as the unit of every duration in the program; the others alike. */
export const second = unitMilliseconds.s
export const minute = unitMilliseconds.m
export const hour = unitMilliseconds.h
export const day = unitMilliseconds.d
export const week = unitMilliseconds.w

/** `5m` → 300000. Units ms, s, m, h, d, w; several may follow each other (`1h30m`). Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(amount) * unitMilliseconds[unit as keyof typeof unitMilliseconds]
  }
  return total
}

/** 300000 → `5m`, 90061000 → `1d1h1m1s`: the shortest text that {@link parseDuration} reads back, in units up to days. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  let rest = Math.round(milliseconds)
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const amount = Math.floor(rest / unitMilliseconds[unit])
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * unitMilliseconds[unit]
  }
  return text
}

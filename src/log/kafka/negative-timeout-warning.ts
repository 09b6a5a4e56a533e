let filtered = false

/**
 * kafkajs 2.2.4 computes a timer that may lie in the past, and Node warns of it once per process. Drops that one warning,
 * and only when kafkajs is what set the timer.
 */
export function dropNegativeTimeoutWarning(): void {
  if (filtered) return
  filtered = true
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void
  const filter = (...args: unknown[]) => {
    const known = args[1] === 'TimeoutNegativeWarning' && /[\\/]kafkajs[\\/]/.test(new Error().stack ?? '')
    if (!known) emitWarning(...args)
  }
  process.emitWarning = filter as typeof process.emitWarning
}

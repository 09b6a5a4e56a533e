import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/** Preloaded into a measured process: at its end it writes what all its threads used to file descriptor 3, as JSON. */
if (isMainThread)
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    writeSync(
      3,
      JSON.stringify({ peakBytes: maxRSS * 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }),
    )
  })

import { writeSync } from 'node:fs'

/** Preloaded into a measured process: at its end it writes what it used to file descriptor 3, as JSON. */
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  writeSync(3, JSON.stringify({ peakBytes: maxRSS * 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }))
})

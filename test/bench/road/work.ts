/** What a worker process of the road bench is to do, as its only argument in JSON. */
export type Work = {
  readonly broker: string
  readonly redis: string
  readonly topic: string
  /** Records in the topic's only partition. */
  readonly records: number
  /** Makes the names of consumer group and output topics unique. */
  readonly run: string
}

export function readWork(): Work {
  return JSON.parse(process.argv[2] ?? '{}') as Work
}

/** CPU seconds and seconds of this process since `start`, from the first record to the last. */
export type Spent = { readonly cpu: number; readonly seconds: number }

export function startMeasuring(): () => Spent {
  const cpu = process.cpuUsage()
  const started = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { cpu: (user + system) / 1e6, seconds: (performance.now() - started) / 1000 }
  }
}

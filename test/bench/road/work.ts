/** What a worker process of the road bench is to do, as its only argument in JSON. */
export type Work = {
  readonly broker: string
  readonly redis: string
  readonly topic: string
  /** Records of the topic's only partition that are measured, and those before them that are not. */
  readonly records: number
  readonly warmUp: number
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

/** Measures the work on the records after those that warm up. `note` is to be called before the work on each one. */
export function measureRecords({ records, warmUp }: Work) {
  const all = Promise.withResolvers<void>()
  let spent: ReturnType<typeof startMeasuring> | undefined
  let seen = 0
  return {
    all,
    note(): void {
      if (seen === warmUp) spent = startMeasuring()
      if (++seen === warmUp + records) all.resolve()
    },
    print(): void {
      process.stdout.write(JSON.stringify(spent?.()))
    },
  }
}

/** `stall`: the longest time for which nothing else ran in the process, in seconds. */
export type Checkpoint = { readonly seconds: number; readonly stall: number }

/** What a restore took, and the checkpoints before it: of all entities, and of a hundredth. */
export type Restored = Spent & {
  readonly entities: number
  readonly all: Checkpoint
  readonly few: Checkpoint
}

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { EventRecord } from '../detection/activity/decode.ts'
import { type Batch, BatchWriter } from './event-batch.ts'
import type { JobResult, JobSpec } from './job.ts'
import type { FromWorker, ToWorker } from './job-worker.ts'

export type RunOptions = {
  /** Records in order, in portions of any size. */
  readonly source: AsyncIterable<Iterable<EventRecord>>
  readonly jobs: readonly JobSpec[]
  /** Told how many records have been handed out. */
  readonly onProgress?: (records: number) => void
}

const batchBytes = 4 << 20
/** Batches under way: enough to keep every thread busy, and all the memory that reading takes. */
const maxBatches = 6

/** Runs each job in a thread of its own over the same records, which are read once. Answers the results in the order of the jobs. */
export async function runJobs({
  source,
  jobs,
  onProgress = () => undefined,
}: RunOptions): Promise<readonly JobResult[]> {
  const threads = new Threads(jobs)
  try {
    const writer = new BatchWriter(batchBytes)
    let records = 0
    for await (const portion of source) {
      for (const record of portion) {
        if (!writer.write(record)) {
          await threads.send(writer.take(threads.freeBuffer()))
          writer.write(record)
        }
        records++
      }
      onProgress(records)
    }
    if (!writer.isEmpty) await threads.send(writer.take(undefined))
    return await threads.results()
  } finally {
    await threads.close()
  }
}

class Threads {
  readonly #workers: readonly Worker[]
  readonly #results: readonly PromiseWithResolvers<JobResult>[]
  /** Batches that are being worked on, by number. */
  readonly #underWay = new Map<number, { readonly bytes: SharedArrayBuffer; readers: number }>()
  readonly #free: SharedArrayBuffer[] = []
  #sent = 0
  #progress = Promise.withResolvers<void>()

  constructor(jobs: readonly JobSpec[]) {
    this.#results = jobs.map(() => Promise.withResolvers<JobResult>())
    this.#workers = jobs.map((job, index) => this.#start(job, index))
  }

  freeBuffer(): SharedArrayBuffer | undefined {
    return this.#free.pop()
  }

  /** Resolves when there is room for another batch. @throws what a job threw */
  async send(batch: Batch): Promise<void> {
    const number = this.#sent++
    this.#underWay.set(number, { bytes: batch.bytes, readers: this.#workers.length })
    for (const worker of this.#workers) post(worker, { kind: 'batch', number, batch })
    while (this.#underWay.size >= maxBatches) await this.#progress.promise
  }

  /** @throws what a job threw */
  results(): Promise<readonly JobResult[]> {
    for (const worker of this.#workers) post(worker, { kind: 'end' })
    return Promise.all(this.#results.map(({ promise }) => promise))
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #start(job: JobSpec, index: number): Worker {
    const worker = new Worker(workerFile, { workerData: job })
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'result') this.#results[index]?.resolve(message.result)
      else this.#finished(message.number)
    })
    once(worker, 'exit').catch((error: unknown) => this.#failed(error))
    return worker
  }

  #finished(number: number): void {
    const batch = this.#underWay.get(number)
    if (!batch || --batch.readers > 0) return
    this.#underWay.delete(number)
    this.#free.push(batch.bytes)
    this.#progress.resolve()
    this.#progress = Promise.withResolvers()
  }

  #failed(error: unknown): void {
    for (const { promise, reject } of this.#results) {
      promise.catch(() => undefined)
      reject(error)
    }
    this.#progress.promise.catch(() => undefined)
    this.#progress.reject(error)
  }
}

/** Beside this file, whatever its language is by now. */
const workerFile = new URL(`./job-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message)
}

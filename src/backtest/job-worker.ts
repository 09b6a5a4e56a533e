import { parentPort, workerData } from 'node:worker_threads'
import { type Batch, recordsOf } from './event-batch.ts'
import { Job, type JobResult, type JobSpec } from './job.ts'

/** What a worker is sent: batches, and in the end the wish for the result. */
export type ToWorker =
  | { readonly kind: 'batch'; readonly number: number; readonly batch: Batch }
  | { readonly kind: 'end' }

/** What it answers: that it is done with a batch, or the result. */
export type FromWorker =
  | { readonly kind: 'done'; readonly number: number }
  | { readonly kind: 'result'; readonly result: JobResult }

if (parentPort) serve(parentPort, workerData as JobSpec)

function serve(port: NonNullable<typeof parentPort>, spec: JobSpec): void {
  const job = new Job(spec)
  const answer = (message: FromWorker) => port.postMessage(message)
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'end') {
      answer({ kind: 'result', result: job.result() })
      port.close()
      return
    }
    for (const record of recordsOf(message.batch)) job.feed(record)
    answer({ kind: 'done', number: message.number })
  })
}

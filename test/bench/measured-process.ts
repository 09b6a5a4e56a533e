import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { allocator } from '../support/allocator.ts'

export type Usage = {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly stdout: string
}

const preload = new URL('./report-usage.ts', import.meta.url).href

/** Runs a script of ours to its end in a process of its own and says what it took. @throws when it fails */
export async function runMeasured(script: string, args: readonly string[]): Promise<Usage> {
  const started = performance.now()
  const child = spawn(process.execPath, ['--import', preload, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, ...allocator },
  })
  const [stdout, usage, code] = await Promise.all([
    text(child.stdout!),
    text(child.stdio[3] as NodeJS.ReadableStream as never),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  if (code !== 0) throw new Error(`${script} ${args.join(' ')} ended with code ${code}`)
  return { seconds: (performance.now() - started) / 1000, stdout, ...JSON.parse(usage) }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { allocator } from './allocator.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

/** A process of the service that a test started, and must end. */
export type ServiceProcess = {
  readonly pid: number
  /** What it wrote to stderr so far. */
  readonly log: () => string
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Resolves when `/-/ready` answers 200; rejects when the process ends before. */
  ready(): Promise<void>
  /** Resolves when it has logged a line with this text; rejects when it ends before. */
  logged(text: string): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and waits for the end. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export type ServiceOptions = {
  /** Arguments after the script, `run --config …` for the service itself. */
  readonly args: readonly string[]
  readonly webPort: number
  readonly script?: string
  readonly env?: NodeJS.ProcessEnv
}

export function startService({ args, webPort, script = main, env = {} }: ServiceOptions): ServiceProcess {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...allocator, ...env },
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  return {
    pid: child.pid!,
    log: () => log,
    ended,
    ready: () => untilReady(child, webPort, () => log),
    async logged(text) {
      while (!log.includes(text)) {
        if (hasEnded(child))
          throw new Error(`the service ended without logging ${JSON.stringify(text)}:\n${log}`)
        await delay(50)
      }
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function untilReady(child: ChildProcess, port: number, log: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the service ended early:\n${log()}`)
    const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined)
    if (answer?.ok) return
    await answer?.body?.cancel()
    await delay(50)
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

/** Whether this machine can start Redis servers. */
export const canStartRedis = spawnSync('redis-server', ['--version']).status === 0

/** A Redis server that belongs to one test, which may configure, break and restart it. No persistence unless asked. */
export type PrivateRedis = {
  readonly port: number
  readonly url: string
  /** Kills the server (SIGKILL) and starts it again on its port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export type PrivateRedisSettings = {
  /** Arguments of redis-server, such as `--requirepass`, `secret`. */
  readonly args?: readonly string[]
  /** Listens on TLS only. */
  readonly tls?: boolean
}

export async function startPrivateRedis(settings: PrivateRedisSettings = {}): Promise<PrivateRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'forcewatch-redis-'))
  const port = await freePort()
  const listen = settings.tls ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)]
  const args = [...listen, '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...(settings.args ?? [])]
  const launch = async () => {
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    // Whatever happens to the test, no server outlives its process.
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    await untilReady(child).catch(async (error) => {
      await kill(child)
      throw error
    })
    return child
  }
  let server = await launch()
  return {
    port,
    url: `${settings.tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    async restart() {
      await kill(server)
      server = await launch()
    },
    async stop() {
      await kill(server)
      await rm(directory, { recursive: true })
    },
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Resolves once the server has loaded its data and listens. */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const output: string[] = []
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${output.join('\n')}`)))
    if (!child.stdout) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line)
      if (line.includes('Ready to accept connections')) resolve()
    })
  })
}

import { createServer, type Server } from 'node:net'

/**
 * From here upwards each process tries a hundred ports of its own. All lie below those that the kernel gives to outgoing
 * connections, so that nothing takes a port between the moment it is found free and the moment a service listens on it.
 */
const lowest = 10_000
const perProcess = 100
const processes = 220

const first = lowest + (process.pid % processes) * perProcess
let tried = 0

/** A TCP port of the loopback interface on which nobody listens, and which no other test is given. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < perProcess; attempt++) {
    const port = first + (tried++ % perProcess)
    if (await isFree(port)) return port
  }
  throw new Error(`ports ${first} to ${first + perProcess - 1} are all taken`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await listen(server, port)
    return true
  } catch {
    return false
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
}

import type { ServiceProcess } from '../../support/service-process.ts'

/** What the heap of another process holds for good. */
export type HeapProbe = {
  /** Collects all garbage there and answers the bytes that are left. */
  reachable(): Promise<number>
  close(): void
}

/** Opens the inspector of a process, which Node.js starts at SIGUSR1. @throws when it does not listen */
export async function probeHeap(service: ServiceProcess): Promise<HeapProbe> {
  service.signal('SIGUSR1')
  await service.logged('Debugger listening on')
  const [, address = ''] = /Debugger listening on (\S+)/.exec(service.log()) ?? []
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error(`no inspector at ${address}`)), { once: true })
  })
  let calls = 0

  function call<T>(method: string): Promise<T> {
    const id = ++calls
    return new Promise((resolve) => {
      const hear = ({ data }: MessageEvent) => {
        const answer = JSON.parse(data)
        if (answer.id !== id) return
        socket.removeEventListener('message', hear)
        resolve(answer.result)
      }
      socket.addEventListener('message', hear)
      socket.send(JSON.stringify({ id, method }))
    })
  }

  return {
    async reachable() {
      await call('HeapProfiler.collectGarbage')
      return (await call<{ usedSize: number }>('Runtime.getHeapUsage')).usedSize
    },
    close: () => socket.close(),
  }
}

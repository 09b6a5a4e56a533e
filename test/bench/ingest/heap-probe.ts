import { sum } from 'simple-statistics'
import type { ServiceProcess } from '../../support/service-process.ts'

/** What the heap of another process holds for good. */
export type HeapProbe = {
  /** Collects all garbage there and answers the bytes of objects that are left; compiled code, which comes late, is left out. */
  reachable(): Promise<number>
  close(): void
}

type HeapSpace = { readonly space_name: string; readonly space_used_size: number }
type Evaluated = { readonly result: { readonly value: string } }

const listSpaces = "JSON.stringify(process.getBuiltinModule('node:v8').getHeapSpaceStatistics())"
const holdsCode = /code|trusted/

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

  function call<T>(method: string, params = {}): Promise<T> {
    const id = ++calls
    return new Promise((resolve) => {
      const hear = ({ data }: MessageEvent) => {
        const answer = JSON.parse(data)
        if (answer.id !== id) return
        socket.removeEventListener('message', hear)
        resolve(answer.result)
      }
      socket.addEventListener('message', hear)
      socket.send(JSON.stringify({ id, method, params }))
    })
  }

  return {
    async reachable() {
      await call('HeapProfiler.collectGarbage')
      const { result } = await call<Evaluated>('Runtime.evaluate', { expression: listSpaces })
      const spaces: readonly HeapSpace[] = JSON.parse(result.value)
      const objects = spaces.filter(({ space_name: name }) => !holdsCode.test(name))
      return sum(objects.map(({ space_used_size: used }) => used))
    },
    close: () => socket.close(),
  }
}

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy that misbehaves on command. */
export type TcpProxy = {
  readonly port: number
  /** Cuts every connection once `bytes` more bytes have come from its client; the rest is thrown away. */
  cutAfter(bytes: number): void
  /** Passes requests on but cuts every connection instead of passing on the next answer. */
  cutAtAnswer(): void
  /** Keeps what clients send from now on instead of passing it on; these connections stay stuck until `deliver`. */
  hold(): void
  /** Passes on what was held, even of clients that have gone, and behaves well from now on. */
  deliver(): Promise<void>
  /** Refuses new connections and cuts the others, until `behave`. */
  refuse(): void
  behave(): void
  close(): Promise<void>
}

type Mode = 'behave' | 'cut-after' | 'cut-at-answer' | 'hold' | 'refuse'

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let mode: Mode = 'behave'
  let budget = 0
  const held: { readonly upstream: Socket; readonly chunks: Buffer[] }[] = []
  const pairs = new Set<readonly [Socket, Socket]>()

  const server = createServer((client) => {
    if (mode === 'refuse') return void client.destroy()
    const upstream = connect(targetPort, '127.0.0.1')
    const pair = [client, upstream] as const
    const mine = { upstream, chunks: [] as Buffer[] }
    pairs.add(pair)
    const cut = () => {
      pairs.delete(pair)
      client.destroy()
      if (mine.chunks.length === 0) upstream.destroy()
    }
    for (const socket of pair) socket.on('error', cut).on('close', cut)
    client.on('data', (chunk) => {
      if (mode === 'hold' || mine.chunks.length > 0) {
        if (mine.chunks.push(chunk) === 1) held.push(mine)
      } else if (mode === 'cut-after' && chunk.length >= budget) {
        upstream.end(chunk.subarray(0, budget))
        cut()
      } else {
        budget -= chunk.length
        upstream.write(chunk)
      }
    })
    upstream.on('data', (chunk) => {
      if (mode === 'cut-at-answer') cut()
      else if (!client.destroyed) client.write(chunk)
    })
  })
  const port = await listen(server)

  return {
    port,
    cutAfter(bytes) {
      mode = 'cut-after'
      budget = bytes
    },
    cutAtAnswer() {
      mode = 'cut-at-answer'
    },
    hold() {
      mode = 'hold'
    },
    async deliver() {
      mode = 'behave'
      for (const { upstream, chunks } of held.splice(0)) {
        // Half-closing makes the server answer everything and then close, so that we know when it is done.
        upstream.resume().end(Buffer.concat(chunks))
        if (!upstream.closed) await once(upstream, 'close')
      }
    },
    refuse() {
      mode = 'refuse'
      for (const [client] of pairs) client.destroy()
    },
    behave() {
      mode = 'behave'
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      await closed
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

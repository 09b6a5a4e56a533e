import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { second } from '../../duration.ts'
import { ForcewatchError, messageOf } from '../../errors.ts'

/** What an org tells anybody who asks. */
export type Reach = {
  /** API versions, such as `66.0`; empty where the address does not tell. */
  readonly versions: readonly string[]
  /** By how much its clock is ahead of ours, ms; undefined where it does not tell. Known to half a second and half a round trip. */
  readonly ahead: number | undefined
}

const versionList = z.array(z.object({ version: z.string() }))
const halfOfDateHeader = second / 2

/** Asks an org for its API versions, without a token. @throws AUTH_UNAVAILABLE when nobody answers */
export async function reachOrg(loginUrl: string, clock: Clock, signal: AbortSignal): Promise<Reach> {
  const sent = clock.now()
  let response: Response
  let body: string
  try {
    response = await fetch(new URL('/services/data', loginUrl), { signal, redirect: 'follow' })
    body = await response.text()
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    const reason = signal.aborted ? 'it took too long' : messageOf(cause)
    throw new ForcewatchError('AUTH_UNAVAILABLE', `${loginUrl} does not answer: ${reason}`, {
      remedy: 'Check login_url and the way to it (DNS, firewall, proxy).',
      cause: error,
    })
  }
  const date = Date.parse(response.headers.get('date') ?? '')
  const middle = (sent + clock.now()) / 2
  return {
    versions: toVersions(body),
    ahead: Number.isNaN(date) ? undefined : date + halfOfDateHeader - middle,
  }
}

function toVersions(body: string): readonly string[] {
  try {
    return versionList.parse(JSON.parse(body)).map(({ version }) => version)
  } catch {
    return []
  }
}

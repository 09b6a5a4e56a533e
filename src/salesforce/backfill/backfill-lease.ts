import type { Clock } from '../../clock.ts'
import { hour, second } from '../../duration.ts'
import { ForcewatchError } from '../../errors.ts'
import type { Lease, StateStore } from '../../store/state-store.ts'
import { ingestScope } from '../replay-state.ts'

/** How long the lease on an org stands without renewal, ms. */
export const leaseTtl = 15 * second

export type TakeOverOptions = {
  readonly org: { readonly name: string }
  readonly store: StateStore
  readonly owner: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The org's lease. A backfill that was killed still has it for a while. @throws USAGE when somebody keeps it */
export async function takeOver({ org, store, owner, clock, signal }: TakeOverOptions): Promise<Lease> {
  const end = clock.monotonic() + leaseTtl + second
  for (;;) {
    const lease = await store.acquire(ingestScope(org.name), { owner, ttl: leaseTtl, mode: 'wait' })
    if (lease) return lease
    if (clock.monotonic() > end || signal.aborted) throw beingWatched(org.name)
    await clock.sleep(second, signal)
  }
}

/** A lease that whoever has the org's lease may take. @throws STORE_UNAVAILABLE */
export async function take(store: StateStore, scope: string, owner: string): Promise<Lease> {
  const lease = await store.acquire(scope, { owner, ttl: hour, mode: 'steal' })
  if (!lease) throw new ForcewatchError('STORE_UNAVAILABLE', `the lease on ${scope} cannot be had`)
  return lease
}

export function beingWatched(org: string): ForcewatchError {
  return new ForcewatchError('USAGE', `org ${org} is being watched by another process`, {
    remedy:
      'Stop `forcewatch run` (or its ingest role), backfill, and start it again. It is best done before the first start.',
  })
}

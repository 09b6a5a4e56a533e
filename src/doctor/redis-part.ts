import type { StoreFacts, StoreNode } from '../store/store-facts.ts'
import type { Part } from './examine.ts'
import { failed, type Outcome, ok, warning } from './finding.ts'

const oldest = [6, 2] as const
const nearlyFull = 0.8

/** The checks of Redis: it answers, is new enough, and forgets nothing that it has acknowledged. */
export function redisPart(inspect: () => Promise<StoreFacts>): Part {
  let facts: StoreFacts | undefined
  const perNode = (judge: (node: StoreNode) => Outcome) => async () => (facts?.nodes ?? []).map(judge)
  return {
    name: 'redis',
    checks: [
      {
        name: 'reach',
        async run() {
          facts = await inspect()
          return facts.nodes.map(({ address }) => ok(`${address} answers`))
        },
      },
      { name: 'version', after: 'reach', run: perNode(judgeVersion) },
      { name: 'role', after: 'reach', run: perNode(judgeRole) },
      { name: 'eviction', after: 'reach', run: perNode(judgeEviction) },
      { name: 'append-only file', after: 'reach', run: perNode(judgeAppendOnlyFile) },
      { name: 'memory', after: 'reach', run: perNode(judgeMemory) },
    ],
  }
}

function judgeVersion({ version, address }: StoreNode): Outcome {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return ok(version)
  const remedy = `Update ${address} to Redis ${oldest.join('.')} or later, or to Valkey.`
  return failed(`version ${version} is older than ${oldest.join('.')}`, remedy)
}

function judgeRole({ isPrimary, address }: StoreNode): Outcome {
  if (isPrimary) return ok('it takes writes')
  return failed(`${address} is a replica, which takes no writes`, 'Point redis.url at the primary.')
}

function judgeEviction({ evictionPolicy, address }: StoreNode): Outcome {
  if (evictionPolicy === 'noeviction') return ok('maxmemory-policy noeviction')
  return failed(
    `maxmemory-policy ${evictionPolicy}: when memory is short, cursors and baselines are thrown away silently`,
    `On ${address}: CONFIG SET maxmemory-policy noeviction, and the same in redis.conf (managed: its parameter group).`,
  )
}

function judgeAppendOnlyFile({ appendOnlyFile, lastWriteFailed, address }: StoreNode): Outcome {
  if (!appendOnlyFile) {
    return failed(
      'no append-only file: a restart of the server loses cursors and baselines',
      `On ${address}: CONFIG SET appendonly yes, and "appendonly yes" in redis.conf (managed: switch persistence on).`,
    )
  }
  if (!lastWriteFailed) return ok('appendonly yes')
  return failed('the append-only file cannot be written', `Look at the disk and the log of ${address}.`)
}

function judgeMemory({ usedMemory, maxMemory, address }: StoreNode): Outcome {
  if (maxMemory === 0) return ok(`${toMegabytes(usedMemory)} MB in use, no bound`)
  const text = `${toMegabytes(usedMemory)} of ${toMegabytes(maxMemory)} MB in use`
  if (usedMemory < nearlyFull * maxMemory) return ok(text)
  return warning(`${text}: when it is full, nothing is saved any more`, `Raise maxmemory of ${address}.`)
}

function toMegabytes(bytes: number): string {
  return Math.ceil(bytes / 1_000_000).toLocaleString('en')
}

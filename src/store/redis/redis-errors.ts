import { ReplyError } from 'ioredis'
import { type ErrorCode, ForcewatchError, messageOf } from '../../errors.ts'
import { requiredAclRules } from './redis-acl.ts'

type Diagnosis = { readonly code: ErrorCode; readonly remedy: string }

const forbidden: Diagnosis = {
  code: 'STORE_REJECTED',
  remedy: `Give the ACL user these rules: ${requiredAclRules('<prefix>').join(' ')}`,
}

const misfit: Diagnosis = {
  code: 'STORE_REJECTED',
  remedy: 'Use Redis 6.2 or later (or a compatible server such as Valkey), and check the address in `redis`.',
}

/** A reply that we do not know may mend itself, as too many clients do; a service that ends over it would be worse. */
const passing: Diagnosis = {
  code: 'STORE_UNAVAILABLE',
  remedy: "Look at the server's log; it is asked again.",
}

/** By the code word in Redis' reply. What mends itself (a failover, a restart, freed memory) is UNAVAILABLE. */
const replies: Readonly<Record<string, Diagnosis>> = {
  WRONGPASS: {
    code: 'STORE_REJECTED',
    remedy:
      'Check `redis.username` and `redis.password`, and that the user is enabled (ACL LIST on the server).',
  },
  NOAUTH: {
    code: 'STORE_REJECTED',
    remedy: 'The server asks for a password: set `redis.password` (and `redis.username` for an ACL user).',
  },
  NOPERM: forbidden,
  OOM: {
    code: 'STORE_UNAVAILABLE',
    remedy: 'Redis is out of memory: raise its maxmemory, or remove what else is stored there.',
  },
  READONLY: {
    code: 'STORE_UNAVAILABLE',
    remedy: 'This server is a replica: point `redis` at the primary, or wait for the failover to end.',
  },
  MISCONF: {
    code: 'STORE_UNAVAILABLE',
    remedy: "Redis cannot write to its disk: look at the server's log and free some space.",
  },
  NOREPLICAS: {
    code: 'STORE_UNAVAILABLE',
    remedy: 'Bring back the replicas that min-replicas-to-write asks for.',
  },
  LOADING: { code: 'STORE_UNAVAILABLE', remedy: 'Wait: Redis is still loading its data.' },
  BUSY: { code: 'STORE_UNAVAILABLE', remedy: 'Another Lua script blocks the server.' },
  MASTERDOWN: { code: 'STORE_UNAVAILABLE', remedy: 'Wait for the failover, or start the primary.' },
  CLUSTERDOWN: {
    code: 'STORE_UNAVAILABLE',
    remedy: 'Start the cluster nodes that are down (CLUSTER NODES).',
  },
  TRYAGAIN: { code: 'STORE_UNAVAILABLE', remedy: 'Wait: the cluster is moving slots.' },
  MOVED: {
    code: 'STORE_REJECTED',
    remedy: 'The server is a node of a cluster: list its nodes in `redis.cluster` instead of `redis.url`.',
  },
  WRONGTYPE: {
    code: 'STORE_REJECTED',
    remedy: 'Another program wrote this key: choose another `redis.prefix` or database.',
  },
}

/** What a server says that will never do what we ask of it. */
const misfits =
  /unknown (redis )?(sub)?command|syntax error|wrong number of (arguments|args)|DB index|cluster support disabled|compiling script|protected mode|CROSSSLOT/i

const certificateProblem = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_|ERR_TLS_CERT/

/** Turns whatever the client threw into an error that names the server and the remedy. */
export function toStoreError(error: unknown, what: string, server: string): ForcewatchError {
  if (error instanceof ForcewatchError) return error
  const { code, remedy } = diagnose(error)
  return new ForcewatchError(code, `Redis at ${server} failed to ${what}: ${reasonOf(error)}.`, {
    remedy,
    cause: error,
  })
}

/** Waiting cannot help: the operator has to change something. */
export function isRejection(error: unknown): boolean {
  return diagnose(error).code === 'STORE_REJECTED'
}

function diagnose(error: unknown): Diagnosis {
  const cause = rootCause(error)
  const known = Object.keys(replies).find((word) => new RegExp(`(^|\\s|-)${word}\\b`).test(messageOf(cause)))
  const reply = known === undefined ? undefined : replies[known]
  if (reply) return reply
  // What Redis says when a script may run but not one of its commands.
  if (messageOf(cause).includes("user executing the script can't")) return forbidden
  if (certificateProblem.test(codeOf(cause))) {
    return {
      code: 'STORE_REJECTED',
      remedy:
        "The server's certificate is not trusted: set `redis.tls.ca_file`, and use the name that it was issued for.",
    }
  }
  if (cause instanceof ReplyError) return misfits.test(messageOf(cause)) ? misfit : passing
  return {
    code: 'STORE_UNAVAILABLE',
    remedy: 'Check the address, that the server runs, and whether it wants TLS (`rediss://`).',
  }
}

/** A refused transaction and an unreachable cluster carry the real reason inside. */
function rootCause(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if ('previousErrors' in error && Array.isArray(error.previousErrors) && error.previousErrors.length > 0) {
    return error.previousErrors[0]
  }
  if ('lastNodeError' in error && error.lastNodeError) return error.lastNodeError
  return error
}

function reasonOf(error: unknown): string {
  const cause = rootCause(error)
  if (cause instanceof Error && cause.name === 'MaxRetriesPerRequestError') return 'the connection was lost'
  return messageOf(cause).replace(/\.$/, '') || codeOf(cause) || 'the connection was lost'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

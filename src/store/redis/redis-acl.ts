/**
 * The rules (`ACL SETUSER <user> on ><password> …`) that a Redis user of the service needs, and no more. Adding
 * `+config|get` lets the service warn of settings that lose data.
 */
export function requiredAclRules(prefix: string): string[] {
  const inScripts = 'get set del unlink hget hmget hset hdel hincrby sadd srem'
  const fromClient = 'multi exec eval hscan smembers info ping quit cluster|slots cluster|info'
  return [`~${prefix}:*`, ...`${inScripts} ${fromClient}`.split(' ').map((command) => `+${command}`)]
}

/**
 * The Lua scripts. Keys of one scope:
 *   `<prefix>:{<scope>}:fence`       hash: epoch and owner of the newest lease, sequence of its newest commit; never expires
 *   `<prefix>:{<scope>}:lease`       the owner, for as long as the lease stands (Redis' own expiry)
 *   `<prefix>:{<scope>}:sections`    set of the sections that exist
 *   `<prefix>:{<scope>}:section:<s>` hash of one section
 * Scripts travel whole (EVAL) instead of by digest: they are small beside what they write, and inside a transaction
 * a script that the server has forgotten could not be sent again.
 */

/** KEYS fence, lease. ARGV owner, ttl in ms, mode. Answers the new epoch, or nil while somebody else holds the lease. */
export const acquireScript = `
local holder = redis.call('get', KEYS[2])
if ARGV[3] == 'wait' and holder and holder ~= ARGV[1] then return false end
local epoch = redis.call('hincrby', KEYS[1], 'epoch', 1)
redis.call('hset', KEYS[1], 'owner', ARGV[1], 'sequence', 0)
redis.call('set', KEYS[2], ARGV[1], 'px', ARGV[2])
return epoch
`

/** KEYS fence, lease. ARGV epoch, owner, ttl in ms. */
export const renewScript = `
local fence = redis.call('hmget', KEYS[1], 'epoch', 'owner')
if fence[1] ~= ARGV[1] or fence[2] ~= ARGV[2] then return 'FENCED' end
redis.call('set', KEYS[2], ARGV[2], 'px', ARGV[3])
return 'OK'
`

/** KEYS fence, lease. ARGV epoch, owner. The epoch goes up, so that nothing of the old owner is accepted any more. */
export const releaseScript = `
local fence = redis.call('hmget', KEYS[1], 'epoch', 'owner')
if fence[1] ~= ARGV[1] or fence[2] ~= ARGV[2] then return 'FENCED' end
redis.call('hincrby', KEYS[1], 'epoch', 1)
redis.call('del', KEYS[2])
return 'OK'
`

/**
 * KEYS fence, sections, then the hash of each section written.
 * ARGV epoch, owner, sequence, the last sequence that was acknowledged, then for each section: name, 1 to drop it
 * first, number of deleted keys, number of put arguments (key and value each count), the deleted keys, the put arguments.
 *
 * A server that knows less than it has acknowledged (it crashed before its file was on the disk, or a replica took over
 * that lagged behind) fences the lease: what is written now would not fit to the older state.
 * The sequence makes a commit harmless that was given up but arrives after a later one (its connection was thought dead).
 * The first write is one that Redis refuses when memory is short: so all calls of a transaction fail alike, before
 * any of them has changed something. Arguments are passed on in slices that fit Lua's stack.
 */
export const commitScript = `
local fence = redis.call('hmget', KEYS[1], 'epoch', 'owner', 'sequence')
if fence[1] ~= ARGV[1] or fence[2] ~= ARGV[2] then return 'FENCED' end
if tonumber(fence[3]) < tonumber(ARGV[4]) then return 'FENCED' end
if tonumber(fence[3]) > tonumber(ARGV[3]) then return 'SUPERSEDED' end
redis.call('hset', KEYS[1], 'sequence', ARGV[3])

local at = 5
local function pass(command, key, count)
  local last = at + count
  while at < last do
    local stop = math.min(at + 1000, last)
    redis.call(command, key, unpack(ARGV, at, stop - 1))
    at = stop
  end
end

for i = 3, #KEYS do
  local name, drop, deletes, puts = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  at = at + 4
  if drop == '1' then
    redis.call('unlink', KEYS[i])
    redis.call('srem', KEYS[2], name)
  end
  pass('hdel', KEYS[i], deletes)
  pass('hset', KEYS[i], puts)
  if puts > 0 then redis.call('sadd', KEYS[2], name) end
end
return 'OK'
`

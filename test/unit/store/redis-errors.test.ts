import { ReplyError } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { toStoreError } from '../../../src/store/redis/redis-errors.ts'

function codeOf(reply: string): string {
  return toStoreError(new ReplyError(reply), 'save it', 'localhost:6379').code
}

describe('a reply of Redis', () => {
  it.each([
    'NOAUTH Authentication required.',
    'WRONGPASS invalid username-password pair or user is disabled.',
    "NOPERM this user has no permissions to run the 'hset' command",
    "ERR unknown command 'EVAL', with args beginning with: ",
    'ERR Unknown Redis command called from script script: 1, on @user_script:1.',
    "ERR wrong number of arguments for 'hset' command",
    'ERR syntax error',
    'ERR DB index is out of range',
    'ERR Error compiling script (new function): user_script:1: unexpected symbol',
    'ERR Error running script (call to f_1): @user_script:4: WRONGTYPE Operation against a key holding the wrong kind of value',
    'MOVED 3999 127.0.0.1:6381',
    'DENIED Redis is running in protected mode because protected mode is enabled',
  ])('that only an operator can change is final: %s', (reply) => {
    expect(codeOf(reply)).toBe('STORE_REJECTED')
  })

  it.each([
    'ERR max number of clients reached',
    'ERR something that a later version says',
    'LOADING Redis is loading the dataset in memory',
    'BUSY Redis is busy running a script.',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'CLUSTERDOWN The cluster is down',
    'MASTERDOWN Link with MASTER is down',
    'READONLY You can’t write against a read only replica.',
    'OOM command not allowed when used memory > maxmemory.',
  ])('that may pass is worth another try: %s', (reply) => {
    expect(codeOf(reply)).toBe('STORE_UNAVAILABLE')
  })
})

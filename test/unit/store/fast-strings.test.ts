import { setFlagsFromString } from 'node:v8'
import { expect, test } from 'vitest'
import '../../../src/store/redis/redis-store.ts'

test('texts are as fast with ioredis as without', () => {
  setFlagsFromString('--allow-natives-syntax')
  const areFast = new Function('return %HasFastProperties(String.prototype)')
  expect(areFast()).toBe(true)
})

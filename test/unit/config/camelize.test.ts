import { expect, test } from 'vitest'
import { camelize } from '../../../src/config/camelize.ts'
import { Secret } from '../../../src/config/secret.ts'

test('keys change to camel case all the way down; values, lists and secrets stay', () => {
  const secret = new Secret(
    () => 'x',
    () => undefined,
  )
  expect(camelize({ a_key: [{ deep_er_key: 'snake_case' }], secret, absent: undefined })).toStrictEqual({
    aKey: [{ deepErKey: 'snake_case' }],
    secret,
  })
})

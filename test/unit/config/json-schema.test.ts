import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createConfigJsonSchema } from '../../../src/config/json-schema.ts'

const validate = new Ajv({ strict: false, formats: { uri: true } }).compile(
  JSON.parse(createConfigJsonSchema()),
)

test('the example is valid by the JSON Schema', () => {
  const example = parse(readFileSync(new URL('../../../forcewatch.example.yaml', import.meta.url), 'utf8'))
  expect(validate(example), JSON.stringify(validate.errors)).toBe(true)
})

test('an unknown key is not', () => {
  expect(validate({ orgs: [], nonsense: 1 })).toBe(false)
})

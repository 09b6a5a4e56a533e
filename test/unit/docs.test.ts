import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generateDocs } from '../../docs/generate.ts'

test.each([...generateDocs()])('%s is current (else: npm run docs)', (path, content) => {
  expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(content)
})

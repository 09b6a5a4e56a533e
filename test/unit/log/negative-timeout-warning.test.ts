import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { dropNegativeTimeoutWarning } from '../../../src/log/kafka/negative-timeout-warning.ts'

const original = process.emitWarning
afterEach(() => {
  process.emitWarning = original
})

it('drops the warning of a negative timeout where kafkajs caused it, and no other', async () => {
  const passed: unknown[] = []
  process.emitWarning = ((...args: unknown[]) => void passed.push(args)) as typeof process.emitWarning
  dropNegativeTimeoutWarning()
  const directory = await mkdtemp(join(tmpdir(), 'forcewatch-warning-'))
  const file = join(directory, 'kafkajs', 'timer.mjs')
  await mkdir(join(directory, 'kafkajs'))
  await writeFile(file, 'export const warn = (...args) => process.emitWarning(...args)\n')
  const { warn } = await import(pathToFileURL(file).href)
  warn('-1 is a negative number.', 'TimeoutNegativeWarning')
  warn('something else', 'DeprecationWarning')
  process.emitWarning('-2 is a negative number.', 'TimeoutNegativeWarning')
  expect(passed).toEqual([
    ['something else', 'DeprecationWarning'],
    ['-2 is a negative number.', 'TimeoutNegativeWarning'],
  ])
  await rm(directory, { recursive: true })
})

import { expect, test } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { type Check, examine } from '../../../src/doctor/examine.ts'
import { failed, ok, warning } from '../../../src/doctor/finding.ts'
import { ForcewatchError } from '../../../src/errors.ts'

const clock = createManualClock()

function examineAll(checks: readonly Check[]) {
  return Array.fromAsync(examine([{ name: 'part', checks }], { clock, limit: 1000 }))
}

test('a check that throws is a finding with the remedy of the error, and the others run', async () => {
  const error = new ForcewatchError('USAGE', 'wrong', { remedy: 'mend it' })
  const found = await examineAll([
    { name: 'throws', run: () => Promise.reject(error) },
    { name: 'runs', run: async () => [ok('fine'), warning('so so', 'look')] },
  ])
  expect(found).toEqual([
    { part: 'part', check: 'throws', status: 'failed', text: 'wrong', remedy: 'mend it' },
    { part: 'part', check: 'runs', status: 'ok', text: 'fine' },
    { part: 'part', check: 'runs', status: 'warning', text: 'so so', remedy: 'look' },
  ])
})

test('a check waits for the one it comes after, and is skipped when that failed', async () => {
  const order: string[] = []
  const note = (name: string, outcome = ok('')) => ({
    name,
    run: async () => {
      order.push(name)
      return [outcome]
    },
  })
  const found = await examineAll([
    note('first', failed('', '')),
    { ...note('second'), after: 'first' },
    { ...note('third'), after: 'second' },
  ])
  expect(found.map(({ status }) => status)).toEqual(['failed', 'skipped', 'skipped'])
  expect(order).toEqual(['first'])
})

test('a check that does not end is given up at its limit, and told so', async () => {
  let told = false
  const found = examineAll([
    {
      name: 'hangs',
      run: (signal) =>
        new Promise(() =>
          signal.addEventListener('abort', () => {
            told = true
          }),
        ),
    },
  ])
  await Promise.resolve()
  clock.advance(1000)
  expect(await found).toMatchObject([{ status: 'failed', text: 'no answer in 1 s' }])
  expect(told).toBe(true)
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registerSimulate } from '../../../src/cli/simulate.ts'
import { createSecretScrubber } from '../../../src/logger.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forcewatch-simulate-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function simulate(...args: string[]): Promise<void> {
  const program = new Command('forcewatch')
  registerSimulate(program, { env: {}, scrubber: createSecretScrubber() })
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => undefined })
  await program.parseAsync(['simulate', ...args], { from: 'user' })
}

test('--output writes days of traffic with an attack at its offset', async () => {
  const file = join(folder, 'events.ndjson')
  await simulate('--output', file, '--days', '1', '--from', '2026-11-15', '--attack', 'S1@2h')
  const messages = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(messages.length).toBeGreaterThan(10_000)
  const login = messages.find(({ data }) => data.payload.Application === 'My Ticket Portal')
  expect(login.data.payload.EventDate).toBe('2026-11-15T02:00:00.000Z')
})

test.each([
  ['an unknown scenario', ['--output', 'x', '--attack', 'S99'], 'There is no scenario S99.'],
  ['a duration that is none', ['--history', 'long'], 'It must be a duration such as 14d or 90m.'],
  ['a speed below real time', ['--speed', '0.5'], 'It must be a number from 1.'],
  [
    'a file that cannot be written',
    ['--output', '/no/such/folder/x', '--days', '1'],
    'cannot write /no/such/folder/x',
  ],
  [
    'a certificate that is not there',
    ['--certificate', '/no/such.pem'],
    'cannot read the certificate /no/such.pem',
  ],
])('%s is refused with a reason', async (_name, args, message) => {
  await expect(simulate(...args)).rejects.toThrow(message)
})

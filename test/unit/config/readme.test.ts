import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
const firstOrg = blocks.find((text) => text.startsWith('orgs:')) ?? ''
const kafkaAndRedis = blocks.find((text) => text.startsWith('log: kafka')) ?? ''

test("the README's configurations load", () => {
  using folder = temporaryFolder()
  for (const secret of ['forcewatch.key', 'slack-webhook', 'kafka', 'redis']) folder.write(secret, 'a secret')
  const text = `${firstOrg}${kafkaAndRedis.replaceAll('/run/secrets/', './')}`
  const config = loadConfig(folder.write('forcewatch.yaml', text), { env: { ACME_CLIENT_ID: 'key' } })
  expect(config).toMatchObject({ log: 'kafka', store: 'redis', orgs: [{ name: 'acme' }] })
})

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSecretFile } from '../../../src/config/secret.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until, watchOrg } from './watched-org.ts'

const username = 'ingest@acme.example'

function createPair() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

const old = createPair()
const next = createPair()

/** The two ways in which salesforce/README.md changes a certificate. */
test('a change to a second app with a new certificate loses no event', async () => {
  const connectedApps = [
    { clientId: 'old', certificate: old.certificate, username },
    { clientId: 'next', certificate: next.certificate, username },
  ]
  await using org = await watchOrg({ simulator: { connectedApps } })
  const before = await org.started({
    auth: { flow: 'jwt', clientId: 'old', username, readSecret: () => old.key },
  })
  org.publish(5)
  await org.everythingArrived()
  await before.stop()
  org.publish(5)
  await org.started({ auth: { flow: 'jwt', clientId: 'next', username, readSecret: () => next.key } })
  org.publish(5)
  await org.everythingArrived()
})

test('in one app the session goes on with its token; a login waits for the key that fits, and takes it without a restart', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'forcewatch.key')
  writeFileSync(file, old.key)
  // The certificate as the app has it now and, once it has been changed, next.
  const app = { clientId: 'app', certificate: old.certificate, username }
  const changed = { ...app, certificate: next.certificate }
  const connectedApps = [app]
  await using org = await watchOrg({ simulator: { connectedApps } })
  const ingest = await org.started({
    auth: { flow: 'jwt', clientId: 'app', username, readSecret: () => readSecretFile(file) },
  })
  connectedApps[0] = changed
  org.publish(5)
  await org.everythingArrived()
  expect(ingest.status().ready).toBe(true)

  org.simulator.faults.inject({ kind: 'token-revoked' })
  await until(() => org.lines.some(({ msg }) => msg.includes('invalid assertion')))
  org.publish(5)
  writeFileSync(file, next.key)
  await org.everythingArrived()
})

import { generateKeyPairSync } from 'node:crypto'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { examine } from '../../../src/doctor/examine.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { type ExaminedOrg, orgPart } from '../../../src/doctor/org/org-part.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { defaultChannels } from '../../../src/salesforce/channels.ts'
import { createSimulator, type SimulatorOptions } from '../../../src/simulator/server/simulator.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const certificate = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** The user whom JWTs name. */
export const username = 'forcewatch@acme.example'

/** What doctor finds in a simulated org on real HTTP. */
export async function examineOrg(
  simulation: Partial<SimulatorOptions> = {},
  configured: Partial<ExaminedOrg> = {},
  { clock = systemClock, limit }: { readonly clock?: Clock; readonly limit?: number } = {},
): Promise<readonly Finding[]> {
  const simulator = createSimulator({
    clock: systemClock,
    logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
    seed: 'doctor',
    connectedApps: [{ clientId: 'app', clientSecret: 'hush', certificate, username }],
    ...simulation,
  })
  const { url } = await simulator.start()
  try {
    const org: ExaminedOrg = {
      name: 'acme',
      loginUrl: url,
      auth: { flow: 'jwt', clientId: 'app', username, readSecret: () => privateKey },
      channels: defaultChannels.map(({ channel }) => channel),
      apiVersion: '66.0',
      directory: { enabled: true },
      ...configured,
    }
    const options = { clock, ...(limit === undefined ? {} : { limit }) }
    return await Array.fromAsync(examine([orgPart(org, clock)], options))
  } finally {
    await simulator.stop()
  }
}

/** The findings of one check that are not as they should be. */
export function troubles(findings: readonly Finding[], check?: string): readonly Finding[] {
  return findings.filter(
    (finding) => finding.status !== 'ok' && (check === undefined || finding.check === check),
  )
}

import { ForcewatchError } from '../../errors.ts'
import { orgAt } from '../traffic/lives/org-at.ts'
import { fullResync } from './l4-full-resync.ts'
import { expiredPassword } from './l6-expired-password.ts'
import { identityProviderDown } from './l7-identity-provider-down.ts'
import { quarterEnd } from './l11-quarter-end.ts'
import { phonePhishing } from './s1-phone-phishing.ts'
import { stolenToken } from './s2-stolen-token.ts'
import { exportByHand } from './s5-export-by-hand.ts'
import { credentialStuffing } from './s7a-credential-stuffing.ts'
import { bruteForce } from './s7c-brute-force.ts'
import type { Scenario } from './scenario.ts'

/** A scenario with what there is to say about it. */
export type CatalogEntry = { readonly title: string; readonly isAttack: boolean; readonly scenario: Scenario }

/** What can be played beside normal traffic: attacks (S…) and things that only look like attacks (L…). */
export const scenarioCatalog = {
  S1: {
    title: 'Phone phishing, then a modified Data Loader: 1.4 million rows',
    isAttack: true,
    scenario: phonePhishing,
  },
  S2: {
    title: 'Stolen token of an approved integration: 1.2 million cases by Bulk on the sixth day',
    isAttack: true,
    scenario: stolenToken({ withLogins: true }),
  },
  'S2-no-logins': {
    title: 'The same, in an org that does not stream the logins of integrations',
    isAttack: true,
    scenario: stolenToken({ withLogins: false }),
  },
  S5: {
    title: 'Single sign-on phishing, then reports, list views and files by hand',
    isAttack: true,
    scenario: exportByHand,
  },
  S7a: {
    title: 'Credential stuffing on the portal: 18,000 failures from 900 addresses',
    isAttack: true,
    scenario: credentialStuffing,
  },
  S7c: { title: 'Brute force on one administrator for eight hours', isAttack: true, scenario: bruteForce },
  L4: { title: 'Full re-sync of the warehouse, by day', isAttack: false, scenario: fullResync },
  L6: { title: "A service account's password has expired", isAttack: false, scenario: expiredPassword },
  L7: { title: 'The identity provider is down', isAttack: false, scenario: identityProviderDown },
  L11: { title: 'Quarter end: sales exports three times as much', isAttack: false, scenario: quarterEnd },
} as const satisfies Record<string, CatalogEntry>

/** The scenario of a name, in capitals or not, on the org as it is when it starts. @throws USAGE for a name that the catalog does not have */
export function findScenario(name: string): Scenario {
  const found = Object.entries(scenarioCatalog).find(([key]) => key.toLowerCase() === name.toLowerCase())
  if (found) return (org, start, seed) => found[1].scenario(orgAt(org, start), start, seed)
  throw new ForcewatchError('USAGE', `There is no scenario ${name}.`, {
    remedy: `Known are ${Object.keys(scenarioCatalog).join(', ')}.`,
  })
}

import type { Case } from '../case.ts'
import { backFromLeave, dormantApp, dormantUser } from './back-after-months.ts'
import { backgroundExports } from './background-exports.ts'
import { browserExtension } from './browser-extension.ts'
import { busyDays } from './busy-days.ts'
import { changedHabits } from './changed-habits.ts'
import { curiousCustomer } from './curious-customer.ts'
import { escalationThenExport } from './escalation-then-export.ts'
import { dailyExportOfFour } from './export-habit.ts'
import { filesOnly } from './files-only.ts'
import { impersonatedExport, impersonation, impersonationAtDesk } from './impersonation.ts'
import { insiderBulk } from './insider-bulk.ts'
import { scenarioCases, scenariosElsewhere, scenariosInMediumOrg } from './known-scenarios.ts'
import { listsFromAbroad } from './lists-from-abroad.ts'
import { manyAccountsBySignOn, manyAccountsManyNetworks, manyAccountsOneNetwork } from './many-accounts.ts'
import { massDelete } from './mass-delete.ts'
import { mfaFatigue } from './mfa-fatigue.ts'
import { moreWork } from './more-work.ts'
import { newAccount, patientNewAccount } from './new-accounts.ts'
import { newPlaces } from './new-places.ts'
import { nightlyWindow } from './nightly-window.ts'
import { serviceAccountByDay, weekendExport } from './off-hours.ts'
import { otherObjects } from './other-objects.ts'
import { ownComputer } from './own-computer.ts'
import { poisonedBaseline } from './poisoned-baseline.ts'
import { rollOuts } from './roll-outs.ts'
import { slowSpray } from './slow-spray.ts'
import { splitChannels } from './split-channels.ts'
import { talkedAssistant } from './talked-assistant.ts'
import { twoPlaces } from './two-places.ts'

/** Attacks that nobody described beforehand. */
export const evasions: readonly Case[] = [
  manyAccountsOneNetwork,
  manyAccountsManyNetworks,
  manyAccountsBySignOn,
  splitChannels,
  nightlyWindow,
  poisonedBaseline,
  dailyExportOfFour,
  otherObjects,
  massDelete,
  escalationThenExport,
  slowSpray,
  insiderBulk,
  filesOnly,
  impersonation,
  impersonationAtDesk,
  impersonatedExport,
  newAccount,
  patientNewAccount,
  ownComputer,
  twoPlaces,
  weekendExport,
  serviceAccountByDay,
  talkedAssistant,
  dormantUser,
  dormantApp,
  listsFromAbroad,
  mfaFatigue,
  backgroundExports,
  browserExtension,
  curiousCustomer,
]

/** What happens to every org. */
export const everydayCases: readonly Case[] = [
  ...changedHabits,
  ...newPlaces,
  ...busyDays,
  ...moreWork,
  ...rollOuts,
  backFromLeave,
]

export const allCases: readonly Case[] = [
  ...scenarioCases,
  ...scenariosElsewhere,
  ...scenariosInMediumOrg,
  ...evasions,
  ...everydayCases,
]

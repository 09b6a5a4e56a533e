import { createRandom } from '../../random.ts'
import { createReports, drawRates, type Person, type Rates, type Report } from '../org.ts'
import { createSpells, createTurns } from './chance.ts'
import { rates } from './rates.ts'

/** How much there is to do in a post on a day, and with which reports. */
export type Work = { readonly rates: Rates; readonly reports: readonly Report[] }

/** The work of a post that began with `first`, by its holder, the time since which that one has it, and the day. */
export function createWork(
  seed: string,
  first: Person,
): (person: Person, since: number, dayStart: number) => Work {
  const jobs = createTurns(`${seed}/job`, rates.job)
  const busy = createSpells(`${seed}/busy`, rates.busy)

  function busyFactor(time: number): number {
    const { median, sigma } = rates.busyFactor
    const spell = busy(time)
    return spell ? createRandom(spell.seed).logNormal(median, sigma) : 1
  }

  return (person, since, time) => {
    const job = jobs(time).number
    const random = createRandom(`${seed}/job/${job}`)
    const isNew = person !== first && time < since + rates.onboarding.lasts
    const share = (busyFactor(time) * (isNew ? rates.onboarding.share : 1)) / rates.atWork
    return {
      rates: scaleRates(job === 0 ? first.rates : drawRates(random, first.department), share),
      reports: job === 0 && person === first ? first.reports : createReports(random, person.id),
    }
  }
}

function scaleRates(usual: Rates, factor: number): Rates {
  return {
    extraLogins: usual.extraLogins * factor,
    pages: usual.pages * factor,
    listViews: usual.listViews * factor,
    reports: usual.reports * factor,
    exports: usual.exports * factor,
    files: usual.files * factor,
    apiCalls: usual.apiCalls * factor,
  }
}

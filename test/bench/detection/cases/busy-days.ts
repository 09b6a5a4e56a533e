import { day, hour, minute } from '../../../../src/duration.ts'
import { toSalesforceId } from '../../../../src/simulator/salesforce-id.ts'
import { generateTraffic } from '../../../../src/simulator/traffic/generate.ts'
import { orgAt } from '../../../../src/simulator/traffic/lives/org-at.ts'
import { createOrg } from '../../../../src/simulator/traffic/org.ts'
import type { Case } from '../case.ts'

const atMostLow = { kind: 'look-alike', atMost: 'low' } as const

/** Eight people begin on Monday and do what their colleagues do. */
const newEmployees: Case = {
  id: 'new-employees',
  title: 'eight new employees begin on one day',
  days: 5,
  promise: atMostLow,
  play(scene) {
    const drawn = orgAt(createOrg({ seed: `${scene.seed}/newcomers`, size: 'small' }), scene.monday)
    const newcomers = drawn.staff.slice(20, 28).map((person, number) => ({
      ...person,
      id: toSalesforceId('005', 50_000 + number),
      username: `newcomer${number + 1}@${scene.org.domain}`,
      name: `Newcomer ${number + 1}`,
      created: scene.at(0, 0),
    }))
    const ids: ReadonlySet<unknown> = new Set(newcomers.map(({ id }) => id))
    // Somebody must administer them: whoever administers the others.
    const staff = [scene.person('administration'), ...newcomers]
    const org = { ...drawn, staff, portal: [], integrations: [] }
    const from = scene.at(0, 0)
    scene.hire(newcomers, from)
    for (const event of generateTraffic({ org, seed: `${scene.seed}/newcomers`, from, to: from + 5 * day }))
      if (ids.has(event.payload.UserId)) scene.add(event)
  },
}

/** Announced: the warehouse fetches everything again over the weekend, by its own client from its own network. */
const migrationWeekend: Case = {
  id: 'migration-weekend',
  title: 'migration weekend: the warehouse reads 40 times its rows on Saturday and Sunday',
  days: 7,
  promise: atMostLow,
  play(scene) {
    const loader = scene.integration('nightly-load')
    for (const dayNumber of [5, 6]) {
      const session = scene.usualSession(loader)
      scene.login(scene.at(dayNumber, 7, 59), session, 'refresh')
      loader.objects.forEach((entity, number) => {
        scene.bulk(
          scene.at(dayNumber, 8) + number * 15 * minute,
          session,
          entity,
          Math.round(60_000 * loader.load * 10),
          6,
          `SELECT FIELDS(ALL) FROM ${entity}`,
        )
      })
    }
  },
}

/** The first working day of the month: everybody in sales and operations runs and exports the figures of the last one. */
const reportDay: Case = {
  id: 'report-day',
  title: 'monthly report day: six runs and two exports of usual size by everybody in sales and operations',
  days: 3,
  promise: atMostLow,
  play(scene) {
    const { random } = scene.recorder
    const people = scene.org.staff.filter(
      ({ department }) => department === 'sales' || department === 'operations',
    )
    for (const person of people) {
      const session = scene.usualSession(person)
      const open = scene.at(1, 8) - person.zoneOffset + hour
      for (let run = 0; run < 6; run++)
        scene.runReport(
          open + random.integer(8 * hour),
          session,
          'Opportunity',
          Math.round(random.logNormal(300, 0.7)),
        )
      for (let run = 0; run < 2; run++)
        scene.exportReport(
          open + random.integer(8 * hour),
          session,
          'Opportunity',
          Math.round(random.logNormal(700, 0.7)),
          15,
        )
    }
  },
}

/** Every password of the staff has expired: two in three fail once or twice from where they always are. */
const passwordDay: Case = {
  id: 'password-day',
  title: "everybody's password expires: two thirds of the staff fail once or twice, then succeed",
  days: 2,
  promise: atMostLow,
  play(scene) {
    const { random } = scene.recorder
    for (const person of scene.org.staff.filter((_, number) => number % 3 !== 0)) {
      const session = scene.usualSession(person)
      const time = scene.at(1, 8) - person.zoneOffset + hour + random.integer(2 * hour)
      for (let failure = 0; failure <= random.integer(2); failure++)
        scene.failLogin(time + failure * 20_000, session, 'page')
      scene.login(time + 90_000, session, 'page')
    }
  },
}

/** An approved integration goes live, with a user of its own. */
const goLive: Case = {
  id: 'go-live',
  title: 'a new integration goes live: 2,000 calls and 40,000 rows a day from its first day on',
  days: 4,
  promise: atMostLow,
  play(scene) {
    const user = {
      id: toSalesforceId('005', 60_001),
      username: `survey-sync@${scene.org.domain}`,
      name: 'Survey Sync',
      userType: 'Standard',
      created: scene.at(1, 0),
    }
    scene.hire([user], scene.at(1, 0))
    const how = { apiType: 'REST', userAgent: 'SurveySync/1.0' }
    for (let dayNumber = 1; dayNumber < 4; dayNumber++) {
      const session = scene.session(user, scene.strangeAddress(95), 'Survey Sync')
      scene.login(scene.at(dayNumber, 0), session, 'refresh')
      for (let call = 0; call < 2000; call++)
        scene.query(
          scene.at(dayNumber, 0) + call * 43_000,
          session,
          'Contact',
          20,
          how,
          'SELECT Id, Survey__c FROM Contact WHERE LastModifiedDate > :last',
        )
    }
  },
}

/** Back from a fortnight's holiday: a long queue, on a Monday. */
const backFromHoliday: Case = {
  id: 'back-from-holiday',
  title: 'an exporter works off a fortnight on one Monday: five times the exports',
  days: 2,
  promise: atMostLow,
  play(scene) {
    const exporter = scene.org.staff.find(({ rates }) => rates.exports > 1) ?? scene.person('sales', 0)
    const session = scene.usualSession(exporter)
    for (let turn = 0; turn < 7; turn++)
      scene.exportReport(
        scene.at(0, 9) - exporter.zoneOffset + hour + turn * 55 * minute,
        session,
        'Opportunity',
        Math.round(scene.recorder.random.logNormal(800, 0.8)),
        15,
      )
  },
}

/** What a poller does with an answer fails, and it asks the same again, every five seconds until somebody looks. */
const retryStorm: Case = {
  id: 'retry-storm',
  title: 'a poller asks the same query of 1,900 rows every five seconds for eight hours',
  days: 3,
  promise: atMostLow,
  play(scene) {
    const poller = scene.integration('poller')
    const session = scene.usualSession(poller)
    const [entity = 'Case'] = poller.objects
    const usual = { apiType: poller.apiType, userAgent: poller.userAgent, client: poller.client }
    scene.login(scene.at(1, 8, 59), session, 'refresh')
    const query = `SELECT Id, Name, CreatedDate, LastModifiedDate FROM ${entity} WHERE LastModifiedDate > :last`
    for (let turn = 0; turn < 5760; turn++)
      scene.query(scene.at(1, 9) + turn * 5000, session, entity, 1900, usual, query)
  },
}

/** Days on which much more happens than usual, for a good reason. */
export const busyDays: readonly Case[] = [
  newEmployees,
  migrationWeekend,
  reportDay,
  passwordDay,
  goLive,
  backFromHoliday,
  retryStorm,
]

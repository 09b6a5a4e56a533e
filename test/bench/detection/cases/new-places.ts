import { hour } from '../../../../src/duration.ts'
import { recordLightningPage } from '../../../../src/simulator/traffic/pages.ts'
import type { Case } from '../case.ts'

const atMostLow = { kind: 'look-alike', atMost: 'low' } as const

const phone = {
  browser: 'Safari 19',
  platform: 'iPhone',
  userAgent: 'SalesforceMobileSDK/13.0 iOS/19.1',
  osName: 'IOS',
  osVersion: '19.1',
}

/** A company hands out phones: within a day everybody works in two networks with two clients. */
const newPhones: Case = {
  id: 'new-phones',
  title: 'twenty people get new phones and use them beside their desks, in three networks of one provider',
  days: 5,
  promise: atMostLow,
  play(scene) {
    const { random } = scene.recorder
    scene.org.staff.slice(0, 20).forEach((person, number) => {
      const origin = { ip: scene.strangeAddress(430 + (number % 3), 10 + number), place: person.home.place }
      const session = scene.recorder.openSession(person, origin, phone, 'Salesforce for iOS')
      for (const dayNumber of [1, 2, 3]) {
        const open = scene.at(dayNumber, 8) - person.zoneOffset
        scene.login(open + random.integer(hour), session, dayNumber === 1 ? 'oauth' : 'refresh')
        for (let page = 0; page < 12; page++)
          scene.add(
            ...recordLightningPage(scene.recorder, open + hour + random.integer(9 * hour), session, 'Read'),
          )
        for (let list = 0; list < 3; list++)
          scene.listView(open + hour + random.integer(9 * hour), session, 40)
      }
    })
  },
}

/** A dozen people, one hotel, the laptops that they always have. */
const conference: Case = {
  id: 'conference',
  title: 'twelve people in sales work for three days from the network of one hotel abroad',
  days: 5,
  promise: atMostLow,
  alter(event, scene) {
    const { payload, time } = event
    const guests = scene.org.staff.filter(({ department }) => department === 'sales').slice(0, 12)
    const isAway = time >= scene.at(1, 6) && time < scene.at(4, 0) && payload.SourceIp
    if (!isAway || !guests.some(({ id }) => id === payload.UserId)) return event
    const place = payload.City ? { City: 'Barcelona', Country: 'Spain', CountryIso: 'ES' } : {}
    return { ...event, payload: { ...payload, ...place, SourceIp: scene.strangeAddress(380, 7) } }
  },
}

/** People who are somewhere else with the tools that they always have. */
export const newPlaces: readonly Case[] = [newPhones, conference]

import type { Random } from '../random.ts'
import { toSalesforceId } from '../salesforce-id.ts'
import type { OrgUser } from '../server/org-user.ts'
import type { Device } from './devices.ts'
import type { Origin } from './origin.ts'
import { type EventType, emptyPayload, eventTypes, type SimulatedEvent } from './payload.ts'

/** What ties the events of one login together. */
export type Session = {
  readonly user: OrgUser
  readonly origin: Origin
  readonly device: Device
  readonly application: string
  readonly loginKey: string
  readonly sessionKey: string
  readonly loginHistoryId: string
  readonly level: 'STANDARD' | 'HIGH_ASSURANCE'
}

type Fields = Readonly<Record<string, unknown>>

/** Turns what somebody did into events: fills in ids, dates and the fields that say who and from where. */
export interface Recorder {
  readonly random: Random
  record(type: EventType, time: number, fields: Fields): SimulatedEvent
  openSession(user: OrgUser, origin: Origin, device: Device, application: string): Session
  /** A fresh 18-character id of an object with this key prefix. */
  id(prefix: string): string
}

/** The platform's own user, which publishes monitoring events. */
const publisher = toSalesforceId('005', 1)

/** A recorder whose ids and delays follow from `random`. */
export function createRecorder(random: Random): Recorder {
  const empty = new Map(eventTypes.map((type) => [type, emptyPayload(type)]))
  const id = (prefix: string) => toSalesforceId(prefix, 10_000 + random.integer(14_000_000))
  let usual = 5_000

  /** Published 2–10 s after the fact; one event in two hundred takes up to two minutes, so that some come out of order. */
  function delay(): number {
    usual = Math.min(9_500, Math.max(2_000, usual + random.between(-60, 60)))
    return random.chance(0.005) ? random.between(15_000, 120_000) : usual + random.between(0, 60)
  }

  return {
    random,
    id,
    record(type, time, fields) {
      const published = Math.round(time + delay())
      const payload = {
        ...empty.get(type),
        ...fields,
        EventIdentifier: fields.EventIdentifier ?? random.uuid(),
        EventDate: toWholeSecond(time),
        CreatedDate: new Date(published).toISOString(),
        CreatedById: publisher,
      }
      return { time: published, channel: channels[type], payload }
    },
    openSession: (user, origin, device, application) => ({
      user,
      origin,
      device,
      application,
      loginKey: random.key(),
      sessionKey: random.key(),
      loginHistoryId: id('0Ya'),
      level: random.chance(0.4) ? 'HIGH_ASSURANCE' : 'STANDARD',
    }),
  }
}

const channels = Object.fromEntries(eventTypes.map((type) => [type, `/event/${type}`])) as Record<
  EventType,
  string
>

/** Salesforce's stream carries EventDate in whole seconds. */
function toWholeSecond(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString()
}

/** Who, and in which session. */
export function sessionFields(session: Session): Fields {
  return {
    UserId: session.user.id,
    Username: session.user.username,
    LoginKey: session.loginKey,
    SessionKey: session.sessionKey,
    SessionLevel: session.level,
    SourceIp: session.origin.ip,
  }
}

/** Who, for work that Salesforce does on its own: no session, no address. */
export function backgroundFields(user: OrgUser): Fields {
  return { UserId: user.id, Username: user.username }
}

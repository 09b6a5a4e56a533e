import type { OrgUser } from '../server/org-user.ts'
import type { Device } from './devices.ts'
import type { Origin } from './origin.ts'
import type { SimulatedEvent } from './payload.ts'
import { type Recorder, type Session, sessionFields } from './recorder.ts'

/** The ways to log in that occur in simulated orgs, as Salesforce words them. */
const loginKinds = {
  page: {
    LoginType: 'Application',
    Application: 'Browser',
    HttpMethod: 'POST',
    ApiType: 'N/A',
    ApiVersion: 'N/A',
  },
  sso: {
    LoginType: 'SAML Sfdc Initiated SSO',
    Application: 'Browser',
    HttpMethod: 'POST',
    ApiType: 'N/A',
    ApiVersion: 'N/A',
    AuthServiceId: '0LE5f000000PBWfGAO',
  },
  portal: {
    LoginType: 'Chatter Communities External User',
    Application: 'Browser',
    HttpMethod: 'POST',
    ApiType: 'N/A',
    ApiVersion: 'N/A',
    NetworkId: '0DB5f000000CaRkGAK',
  },
  oauth: {
    LoginType: 'Remote Access 2.0',
    HttpMethod: 'POST',
    ApiType: 'N/A',
    ApiVersion: 'N/A',
    LoginSubType: 'OauthWebServer',
  },
  refresh: {
    LoginType: 'Remote Access 2.0',
    HttpMethod: 'POST',
    ApiType: 'N/A',
    ApiVersion: 'N/A',
    LoginSubType: 'OauthRefreshToken',
  },
  soap: { LoginType: 'Other Apex API', HttpMethod: 'POST', ApiType: 'SOAP Partner', ApiVersion: '58.0' },
} as const

/** Name of a way to log in. */
export type LoginKind = keyof typeof loginKinds

/** How somebody logs in, and what is unusual about it. */
export type LoginDetails = {
  readonly kind: LoginKind
  /** Default `Success`. */
  readonly status?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A login that worked, within the session it opens. SessionKey is null on login events, as Salesforce sends it. */
export function recordLogin(
  recorder: Recorder,
  time: number,
  session: Session,
  details: LoginDetails,
): SimulatedEvent {
  return recorder.record('LoginEventStream', time, {
    ...attemptFields(recorder, session.user, session.origin, session.device, details),
    Application: session.application,
    Status: details.status ?? 'Success',
    LoginKey: session.loginKey,
    LoginHistoryId: session.loginHistoryId,
    SessionLevel: session.level,
    ...details.fields,
  })
}

/** A login that was refused or is not finished: no session, but a key of its own. */
export function recordFailedLogin(
  recorder: Recorder,
  time: number,
  user: OrgUser,
  origin: Origin,
  device: Device,
  details: LoginDetails & { readonly application?: string },
): SimulatedEvent {
  return recorder.record('LoginEventStream', time, {
    ...attemptFields(recorder, user, origin, device, details),
    ...(details.application === undefined ? {} : { Application: details.application }),
    Status: details.status ?? 'Invalid Password',
    LoginKey: recorder.random.key(),
    LoginHistoryId: recorder.id('0Ya'),
    ...details.fields,
  })
}

/** The end of a session by its user. */
export function recordLogout(recorder: Recorder, time: number, session: Session): SimulatedEvent {
  return recorder.record('LogoutEventStream', time, sessionFields(session))
}

/** An administrator takes over another user's view: UserId is the target's, DelegatedUsername the administrator's. */
export function recordLoginAs(
  recorder: Recorder,
  time: number,
  session: Session,
  target: OrgUser,
  orgId: string,
): SimulatedEvent {
  return recorder.record('LoginAsEventStream', time, {
    UserId: target.id,
    Username: target.username,
    UserType: target.userType,
    DelegatedUsername: session.user.username,
    DelegatedOrganizationId: orgId,
    LoginAsCategory: 'OrgAdmin',
    LoginType: 'Application',
    Application: 'Browser',
    Browser: session.device.browser,
    Platform: session.device.platform,
    SourceIp: session.origin.ip,
    LoginKey: recorder.random.key(),
    LoginHistoryId: recorder.id('0Ya'),
    SessionLevel: session.level,
    TargetUrl: '/home/home.jsp',
  })
}

function attemptFields(
  recorder: Recorder,
  user: OrgUser,
  origin: Origin,
  device: Device,
  details: LoginDetails,
) {
  const { place } = origin
  // Some logins reach Salesforce through its own network: it then knows neither address nor place.
  const hidden = details.kind === 'page' && recorder.random.chance(0.01)
  const where = hidden
    ? { SourceIp: 'Salesforce.com IP' }
    : {
        SourceIp: origin.ip,
        City: place.city,
        Subdivision: place.subdivision,
        Country: place.country,
        CountryIso: place.iso,
        PostalCode: place.postalCode,
        LoginLatitude: place.latitude,
        LoginLongitude: place.longitude,
      }
  return {
    ...loginKinds[details.kind],
    ...where,
    UserId: user.id,
    Username: user.username,
    UserType: user.userType,
    Browser: device.browser,
    Platform: device.platform,
    ClientVersion: 'N/A',
    LoginUrl: details.kind === 'soap' ? 'login.salesforce.com' : 'acme.my.salesforce.com',
    LoginGeoId: recorder.id('04F'),
    TlsProtocol: 'TLS 1.3',
    CipherSuite: 'TLS_AES_256_GCM_SHA384',
    AdditionalInfo: '{}',
  }
}

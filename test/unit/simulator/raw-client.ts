import { createSign, generateKeyPairSync } from 'node:crypto'
import { pino } from 'pino'
import { type Clock, systemClock } from '../../../src/clock.ts'
import type { BayeuxMessage } from '../../../src/simulator/server/bayeux-message.ts'
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../../src/simulator/server/simulator.ts'

export const silent = pino({ level: 'silent' })
export const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const app = {
  clientId: 'app-1',
  clientSecret: 'a secret of the test',
  certificate: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  username: 'forcewatch@acme.example',
}

export type Event = {
  readonly channel: string
  readonly data: {
    readonly schema: string
    readonly payload: Readonly<Record<string, unknown>>
    readonly event: { readonly replayId: number; readonly EventUuid?: string; readonly EventApiName?: string }
  }
}
export type Message = BayeuxMessage & Partial<Event>

/** A running simulator with one app, and how to stop it. */
export async function startSimulator(options: Partial<SimulatorOptions> = {}) {
  const simulator = createSimulator({
    clock: systemClock,
    logger: silent,
    seed: 'test',
    connectedApps: [app],
    ...options,
  })
  const { url } = await simulator.start()
  return { simulator, url, [Symbol.asyncDispose]: () => simulator.stop() }
}

export function signAssertion(
  claims: Record<string, unknown>,
  key = keys.privateKey,
  clock: Clock = systemClock,
): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const exp = Math.floor(clock.now() / 1000) + 120
  const whole = { iss: app.clientId, sub: app.username, aud: 'https://login.salesforce.com', exp, ...claims }
  const signed = `${encode({ alg: 'RS256' })}.${encode(whole)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`
}

export async function requestToken(url: string, form: Record<string, string>) {
  const response = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

export async function getToken(url: string): Promise<string> {
  const { body } = await requestToken(url, {
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_secret: app.clientSecret,
  })
  return body.access_token ?? ''
}

/** A Bayeux client with a cookie jar and no opinion: it posts what it is told and returns what it gets. */
export class RawClient {
  readonly cookies = new Map<string, string>()
  clientId = ''
  token: string
  readonly #url: string
  readonly #version: string

  constructor(url: string, token: string, version = '66.0') {
    this.#url = url
    this.#version = version
    this.token = token
  }

  async post(body: string, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${this.#url}/cometd/${this.#version}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${this.token}`,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...headers,
      },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      this.cookies.set(name, value)
    }
    return response
  }

  async send(message: Partial<BayeuxMessage>): Promise<Message[]> {
    const response = await this.post(JSON.stringify([{ id: '1', clientId: this.clientId, ...message }]))
    return (await response.json()) as Message[]
  }

  async handshake(ext: Record<string, unknown> = { replay: true }): Promise<Message> {
    const [reply] = await this.send({
      channel: '/meta/handshake',
      version: '1.0',
      supportedConnectionTypes: ['long-polling'],
      ext,
    })
    this.clientId = reply?.clientId ?? ''
    return reply as Message
  }

  /** All messages of the answer, the reply first. */
  async subscribe(channel: string, replayId: number): Promise<Message[]> {
    return this.send({
      channel: '/meta/subscribe',
      subscription: channel,
      ext: { replay: { [channel]: replayId } },
    })
  }

  connect(): Promise<Message[]> {
    return this.send({ channel: '/meta/connect', connectionType: 'long-polling' })
  }

  /** Connects until `count` events have come. */
  async receive(count: number, already: readonly Message[] = []): Promise<Event[]> {
    const events = already.filter(isEvent)
    while (events.length < count) events.push(...(await this.connect()).filter(isEvent))
    return events
  }
}

export function isEvent(message: Message): message is Message & Event {
  return message.data !== undefined
}

/** A client that has a token, a session and its first connect behind it. */
export async function openSession(url: string, version?: string): Promise<RawClient> {
  const client = new RawClient(url, await getToken(url), version)
  await client.handshake()
  return client
}

export function publishLogins(
  simulator: Simulator,
  count: number,
  channel = '/event/LoginEventStream',
): void {
  for (let number = 0; number < count; number++)
    simulator.publish(channel, { EventIdentifier: `${number}`, Country: null })
}

import type { Fault } from './fault.ts'

/** What the org does to its events, sessions, tokens and connections. */
export const orgFaults = {
  'event-lost': {
    at: 'publish',
    meaning: 'An event is not streamed, and nobody is told; its storage object has it.',
    strike: () => ({ kind: 'done' }),
  },

  restart: {
    at: 'now',
    meaning: 'The server restarts: sessions and connections are gone.',
    strike: (_message, target) => {
      target.dropSessions()
      target.closeConnections()
      return { kind: 'done' }
    },
  },
  'connections-reset': {
    at: 'now',
    meaning: 'Every connection breaks; the sessions stay.',
    strike: (_message, target) => {
      target.closeConnections()
      return { kind: 'done' }
    },
  },
  outage: {
    at: 'now',
    meaning: 'Nobody can connect, for as long as the fault lasts.',
    strike: (_message, target, lasts) => {
      target.refuseConnections(lasts)
      return { kind: 'done' }
    },
  },
  'token-revoked': {
    at: 'now',
    meaning: 'Every token that was issued so far is revoked.',
    strike: (_message, target) => {
      target.revokeTokens()
      return { kind: 'done' }
    },
  },
  'silent-backlog': {
    at: 'now',
    meaning: 'The sessions that there are get no event any more, and are not told.',
    strike: (_message, target) => {
      target.muteSessions()
      return { kind: 'done' }
    },
  },
  'stream-reset': {
    at: 'now',
    meaning: 'The stream starts anew: kept events and all sessions are gone, replay ids restart.',
    strike: (_message, target) => {
      target.resetStream()
      target.dropSessions()
      return { kind: 'done' }
    },
  },
} as const satisfies Record<string, Fault>

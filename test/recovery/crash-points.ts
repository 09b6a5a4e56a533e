/** The rows of the guarantee's table at which the service is killed, in the order of an event's road. */
export const crashPoints = {
  'after-append': 'an event was appended to the log, and its cursor not yet saved',
  'before-checkpoint': 'states were updated, and not yet saved',
  'after-checkpoint': 'a checkpoint was made, and the group offset not yet committed',
  'after-acceptance': 'a receiver accepted a notification, and its outbox row was not yet closed',
} as const

export type CrashPoint = keyof typeof crashPoints

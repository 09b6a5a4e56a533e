import type { Activity } from './activity.ts'
import { nameOf } from './payload.ts'

/** The kind of user, such as `Standard` or `Guest`: what the directory says, else what the event says, else null. */
export function userTypeOf({ person, raw }: Activity): string | null {
  return person?.userType ?? nameOf(raw, 'UserType')
}

import type { Detection } from '../detection/detection.ts'

/** Where the users of an org can be frozen: its My Domain address, by its name in the configuration. */
export type OrgUrls = Readonly<Record<string, string>>

/** The page of Setup on which the user of a detection can be frozen; null where it is about nobody in particular. */
export function userLink({ org, entity, trigger }: Detection, orgUrls: OrgUrls = {}): string | null {
  const url = Object.hasOwn(orgUrls, org.name) ? orgUrls[org.name] : undefined
  const id = userIdOf(entity, trigger.fields)
  if (url === undefined || id === null) return null
  const address = encodeURIComponent(`/${id}?noredirect=1&isUserEntityOverride=1`)
  return `${url.replace(/\/+$/, '')}/lightning/setup/ManageUsers/page?address=${address}`
}

function userIdOf(
  { type, id }: Detection['entity'],
  { actor }: Detection['trigger']['fields'],
): string | null {
  const user = type === 'impersonator' ? actor : type === 'user' || type === 'actor' ? id : null
  return typeof user === 'string' && /^005[a-zA-Z0-9]{12}([a-zA-Z0-9]{3})?$/.test(user) ? user : null
}

import { z } from 'zod'
import { messageOf } from '../../errors.ts'
import type { OrgApi } from '../../salesforce/org-api.ts'
import {
  excessivePermissions,
  type NeededPermission,
  neededPermissions,
  permissionSetName,
} from '../../salesforce/permissions.ts'
import { failed, type Outcome, ok, warning } from '../finding.ts'

export type PermissionNeeds = {
  readonly channels: readonly string[]
  /** Whether the users of the org are to be read. */
  readonly directory: boolean
}

const row = z.record(z.string(), z.unknown())
const assign = `Assign the permission set ${permissionSetName} (salesforce/README.md) to the integration user: sf org assign permset --name ${permissionSetName} --on-behalf-of USERNAME`

/** Looks at what the integration user may do, and what it should not be able to. */
export async function checkPermissions(api: OrgApi, needs: PermissionNeeds): Promise<readonly Outcome[]> {
  const wanted = neededPermissions.filter((permission) => isNeeded(permission, needs))
  const unwanted = excessivePermissions.filter(
    ({ name }) => name !== 'CustomizeApplication' || !needs.channels.includes('/event/LogoutEventStream'),
  )
  const columns = [...wanted, ...unwanted].map(({ name }) => `Permissions${name}`)
  const granted = await readRow(api, columns)
  const missing = wanted.filter(({ name }) => granted[`Permissions${name}`] !== true)
  const excessive = unwanted.filter(({ name }) => granted[`Permissions${name}`] === true)
  const outcomes = [
    ...missing.map(({ label, without, required }) =>
      (required ? failed : warning)(`the integration user lacks ${label}: ${without}`, assign),
    ),
    ...excessive.map(({ label }) =>
      warning(
        `the integration user has ${label}, which it does not need: a stolen key could do harm`,
        `Take ${label} away: Setup → Users → the user → View Summary shows which profile or permission set grants it.`,
      ),
    ),
  ]
  return outcomes.length > 0
    ? outcomes
    : [ok(`the integration user has the ${wanted.length} permissions it needs`)]
}

function isNeeded({ name }: NeededPermission, { directory }: PermissionNeeds): boolean {
  return directory || (name !== 'ViewAllUsers' && name !== 'ViewRoles')
}

/** Permissions that the org does not know, as without the licence for them, are not granted. */
async function readRow(api: OrgApi, columns: readonly string[]): Promise<z.output<typeof row>> {
  const asked = new Set(columns)
  for (;;) {
    try {
      for await (const [first] of api.query(`SELECT ${[...asked].join(', ')} FROM UserPermissionAccess`))
        if (first !== undefined) return row.parse(first)
      return {}
    } catch (error) {
      const unknown = columns.find((column) => messageOf(error).includes(`'${column}'`))
      if (unknown === undefined || !asked.delete(unknown) || asked.size === 0) throw error
    }
  }
}

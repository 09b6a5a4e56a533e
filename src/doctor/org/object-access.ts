import { needsOf } from '../../salesforce/channels.ts'
import type { OrgApi } from '../../salesforce/org-api.ts'
import { permissionSetName } from '../../salesforce/permissions.ts'
import { failed, type Outcome, ok, warning } from '../finding.ts'

const page = `Setup → Permission Sets → ${permissionSetName} → Object Settings`

/** Looks whether the integration user may read each event object and its store. */
export async function checkObjects(api: OrgApi, channels: readonly string[]): Promise<readonly Outcome[]> {
  const needs = channels.map(needsOf).filter(({ object }) => /^\w+$/.test(object))
  const visible = await api.objects()
  const hidden = needs.filter(({ object }) => !visible.has(object)).map(({ object }) => object)
  const stores = needs.flatMap(({ storage }) => storage ?? [])
  const hiddenStores = stores.filter((object) => !visible.has(object))
  const outcomes: Outcome[] = []
  const readable = needs.length - hidden.length
  if (readable > 0) outcomes.push(ok(`${readable} of ${needs.length} event objects can be read`))
  if (hidden.length > 0) {
    outcomes.push(
      failed(
        'the integration user may not read these event objects, or the org does not have them',
        `${page} → the event → Read; or remove the channel of an event that the org does not have.`,
        hidden,
      ),
    )
  }
  if (hiddenStores.length > 0) {
    outcomes.push(
      warning(
        'the integration user may not read these storage objects: reconciliation and backfill leave them out',
        `${page} → the object → Read.`,
        hiddenStores,
      ),
    )
  }
  return outcomes
}

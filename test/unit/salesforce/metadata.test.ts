import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseStringPromise } from 'xml2js'
import { defaultChannels } from '../../../src/salesforce/channels.ts'
import {
  excessivePermissions,
  neededPermissions,
  permissionSetName,
} from '../../../src/salesforce/permissions.ts'

const folder = join(import.meta.dirname, '../../../salesforce')
const files = globSync('**/*-meta.xml', { cwd: folder })

type Element = Readonly<Record<string, readonly string[]>>

async function read(file: string): Promise<{ type: string; root: Record<string, unknown> }> {
  const parsed = await parseStringPromise(readFileSync(join(folder, file), 'utf8'))
  const [type = ''] = Object.keys(parsed)
  return { type, root: parsed[type] as Record<string, unknown> }
}

async function readOne(type: string) {
  const all = await Promise.all(files.map(read))
  return all.find((each) => each.type === type)!.root as Record<string, readonly Element[]>
}

function texts(elements: readonly Element[], name: string): string[] {
  return elements.flatMap((element) => element[name] ?? [])
}

/** What Salesforce's metadata types are called in file names, and where their files lie. */
const types: Readonly<Record<string, string>> = {
  PermissionSet: 'permissionsets/Forcewatch.permissionset-meta.xml',
  RealTimeEventSettings: 'settings/RealTimeEvent.settings-meta.xml',
  ExternalClientApplication: 'externalClientApps/Forcewatch.eca-meta.xml',
  ExtlClntAppOauthSettings: 'extlClntAppOauthSettings/Forcewatch.ecaOauth-meta.xml',
  ExtlClntAppOauthConfigurablePolicies: 'extlClntAppOauthPolicies/Forcewatch.ecaOauthPlcy-meta.xml',
}

const streams = defaultChannels.map(({ object }) => object)
const stores = defaultChannels.flatMap(({ storage }) => storage ?? [])

describe('the folder salesforce/', () => {
  test('holds well-formed metadata, each type in its place, in folders that the project names', async () => {
    const found = await Promise.all(files.map(async (file) => [(await read(file)).type, file] as const))
    expect(
      Object.fromEntries(found.map(([type, file]) => [type, file.split('/').slice(-2).join('/')])),
    ).toEqual(types)
    const project = JSON.parse(readFileSync(join(folder, 'sfdx-project.json'), 'utf8'))
    const packages: string[] = project.packageDirectories.map(({ path }: { path: string }) => path)
    expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual(packages.toSorted())
    for (const file of files) {
      const { root } = await read(file)
      expect(root.$).toEqual({ xmlns: 'http://soap.sforce.com/2006/04/metadata' })
    }
  })

  test('lets the user read every event object and its store, and nothing else', async () => {
    const { objectPermissions = [], userPermissions = [], label } = await readOne('PermissionSet')
    expect(label).toEqual([permissionSetName])
    expect(texts(objectPermissions, 'object').toSorted()).toEqual([...streams, ...stores].toSorted())
    for (const { object: _, allowRead, ...others } of objectPermissions) {
      expect(allowRead).toEqual(['true'])
      expect(new Set(Object.values(others).flat())).toEqual(new Set(['false']))
    }
    const granted = texts(userPermissions, 'name')
    expect(granted.toSorted()).toEqual(neededPermissions.map(({ name }) => name).toSorted())
    for (const { name } of excessivePermissions) expect(granted).not.toContain(name)
  })

  test('switches streaming and storage of the same events on', async () => {
    const { realTimeEvents = [] } = await readOne('RealTimeEventSettings')
    expect(texts(realTimeEvents, 'entityName').toSorted()).toEqual([...streams, ...stores].toSorted())
    expect(new Set(texts(realTimeEvents, 'isEnabled'))).toEqual(new Set(['true']))
  })

  test('makes an app that may call the API only, for users with the permission set', async () => {
    const settings = await readOne('ExtlClntAppOauthSettings')
    expect(settings.commaSeparatedOauthScopes).toEqual(['Api'])
    const policies = await readOne('ExtlClntAppOauthConfigurablePolicies')
    expect(policies.commaSeparatedPermissionSet).toEqual([permissionSetName])
    expect(policies.permittedUsersPolicyType).toEqual(['AdminApprovedPreAuthorized'])
  })

  test('holds no key, secret or certificate', () => {
    for (const file of files)
      expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(
        /consumerKey|consumerSecret|<certificate>|PRIVATE/i,
      )
  })

  test.each(defaultChannels)('the remedy for $channel names it', ({ remedy }) => {
    expect(remedy).toContain('salesforce/README.md')
    expect(remedy).toContain(`permission set ${permissionSetName}`)
  })
})

import { expect, test } from 'vitest'
import { readScopes } from '../../../src/report/apps/read-scopes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const namespace = 'xmlns="http://soap.sforce.com/2006/04/metadata"'

function connectedApp(label: string, ...scopes: readonly string[]): string {
  const listed = scopes.map((scope) => `<scopes>${scope}</scopes>`).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>
<ConnectedApp ${namespace}><contactEmail>it@acme.example</contactEmail><label>${label}</label><oauthConfig><callbackUrl>https://acme.example/cb</callbackUrl><consumerKey>3MVG9</consumerKey>${listed}</oauthConfig></ConnectedApp>`
}

const externalApp = `<?xml version="1.0" encoding="UTF-8"?>
<ExtlClntAppOauthSettings ${namespace}><commaSeparatedOauthScopes>Api, RefreshToken</commaSeparatedOauthScopes><externalClientApplication>Order_Bridge</externalClientApplication><label>Order Bridge</label></ExtlClntAppOauthSettings>`

test('scopes are read from connected and external client apps, however deep they lie', async () => {
  using folder = temporaryFolder()
  folder.write(
    'main/default/connectedApps/Backup.connectedApp-meta.xml',
    connectedApp('Nightly &amp; Backup', 'Api', 'Full'),
  )
  folder.write('main/default/extlClntAppOauthSettings/Bridge.ecaOauth-meta.xml', externalApp)
  folder.write('main/default/profiles/Admin.profile-meta.xml', '<Profile/>')
  expect(await readScopes(folder.path)).toEqual(
    new Map([
      ['nightly & backup', ['Api', 'Full']],
      ['order_bridge', ['Api', 'RefreshToken']],
      ['order bridge', ['Api', 'RefreshToken']],
    ]),
  )
})

test('an app without OAuth settings, or without any scope in them, has none', async () => {
  using folder = temporaryFolder()
  folder.write(
    'Idle.ecaOauth',
    externalApp.replace('Api, RefreshToken', '').replaceAll(/Order.Bridge/g, 'Idle'),
  )
  folder.write('Saml.connectedApp', `<ConnectedApp ${namespace}><label>Wiki</label></ConnectedApp>`)
  expect(await readScopes(folder.path)).toEqual(
    new Map([
      ['wiki', []],
      ['idle', []],
    ]),
  )
})

test.each([
  ['is cut', '<ConnectedApp><label>Wiki'],
  ['is something else', '<Profile/>'],
  ['has no name', `<ConnectedApp ${namespace}/>`],
])('a file that %s is told by its path', async (_, content) => {
  using folder = temporaryFolder()
  const file = folder.write('Wiki.connectedApp-meta.xml', content)
  await expect(readScopes(folder.path)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(file),
    remedy: expect.stringContaining('Retrieve'),
  })
})

test('a folder without apps, or none at all, says how to retrieve them', async () => {
  using folder = temporaryFolder()
  for (const path of [folder.path, `${folder.path}/absent`])
    await expect(readScopes(path)).rejects.toMatchObject({
      code: 'USAGE',
      remedy: expect.stringContaining('sf project retrieve start'),
    })
})

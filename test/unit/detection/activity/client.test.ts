import { expect, it } from 'vitest'
import { clientOf } from '../../../../src/detection/activity/client.ts'

const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

it.each([
  [{ Browser: 'Chrome 119', Platform: 'Windows 10' }, 'chrome on windows'],
  [{ Browser: 'Chrome 131', Platform: 'Windows 11' }, 'chrome on windows'],
  [{ Browser: 'Chrome', Platform: 'Mac OSX' }, 'chrome on mac'],
  [{ Browser: 'Microsoft Edge 130', Platform: 'Windows 10' }, 'edge on windows'],
  [{ Browser: 'Safari iPhone', Platform: 'iPhone' }, 'safari on ios'],
  [{ Browser: 'Java (Salesforce.com)', Platform: 'Unknown' }, 'java (salesforce com)'],
  [{ Browser: 'Unknown', Platform: 'Unknown' }, 'unknown'],
  [{ UserAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome}` }, 'chrome on windows'],
  [{ UserAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${chrome} Edg/131.0.0.0` }, 'edge on mac'],
  [
    { UserAgent: `Mozilla/5.0 (X11; Linux x86_64) ${chrome.replace('Chrome', 'HeadlessChrome')}` },
    'headless chrome on linux',
  ],
  [
    { UserAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0' },
    'firefox on linux',
  ],
  [{ UserAgent: 'Mozilla/5.0 Chrome' }, null],
  [{ UserAgent: 'python-requests/2.28.2' }, 'python-requests'],
  [{ UserAgent: 'Python-httplib2/0.19.0 (gzip)' }, 'python-httplib2'],
  [{ UserAgent: 'SalesforceMobileSDK/13.0 iOS/18.6 (iPhone)' }, 'salesforcemobilesdk on ios'],
  [{ UserAgent: 'SalesforceMobileSDK/12.2 android/15' }, 'salesforcemobilesdk on android'],
  [{ UserAgent: 'studio-sync/2.0 (bios)' }, 'studio-sync'],
  [{ UserAgent: null, Client: 'DataLoaderBulkUI/61.0' }, 'dataloaderbulkui'],
  [{ UserAgent: '', Client: 'Unknown' }, null],
  [{}, null],
])('%j is %s', (payload, client) => {
  expect(clientOf(payload)).toBe(client)
})

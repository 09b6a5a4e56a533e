import { day } from '../../duration.ts'
import type { Random } from '../random.ts'

/** A browser on a computer, in the words of the different events. */
export type Device = {
  readonly browser: string
  readonly platform: string
  readonly userAgent: string
  readonly osName: string
  readonly osVersion: string
}

const systems = [
  {
    platform: 'Windows 10',
    osName: 'WINDOWS',
    osVersion: '10',
    agent: 'Windows NT 10.0; Win64; x64',
    share: 0.6,
  },
  {
    platform: 'Windows 11',
    osName: 'WINDOWS',
    osVersion: '11',
    agent: 'Windows NT 10.0; Win64; x64',
    share: 0.15,
  },
  {
    platform: 'Mac OSX',
    osName: 'OSX',
    osVersion: '10.15.7',
    agent: 'Macintosh; Intel Mac OS X 10_15_7',
    share: 0.25,
  },
]

/** Version of the usual browsers that was the newest at a time: there is one every four weeks (131 on 12 November 2024). */
export function browserVersion(time: number): number {
  return 131 + Math.floor((time - Date.UTC(2024, 10, 12)) / (28 * day))
}

/** A computer of a usual kind with this version of a usual browser. */
export function drawDevice(random: Random, version: number): Device {
  const system = systems[random.weighted(systems.map(({ share }) => share))] ?? systems[0]
  const family = random.pick(['Chrome', 'Chrome', 'Chrome', 'Firefox', 'Microsoft Edge'])
  const { platform, osName, osVersion, agent } = system ?? {
    platform: '',
    osName: '',
    osVersion: '',
    agent: '',
  }
  return {
    browser: `${family} ${version}`,
    platform,
    userAgent: toUserAgent(family, version, agent),
    osName,
    osVersion,
  }
}

/** A phone with Salesforce's own app, which is a connected app of the org. */
export type Phone = { readonly application: string; readonly device: Device }

/** A phone of a usual kind; `version` is that of an Android's browser. */
export function drawPhone(random: Random, version: number): Phone {
  const isAndroid = random.chance(0.4)
  const osVersion = isAndroid ? '15' : '18.6'
  return {
    application: isAndroid ? 'Salesforce for Android' : 'Salesforce for iOS',
    device: {
      browser: isAndroid ? `Chrome Mobile ${version}` : 'Safari 18',
      platform: isAndroid ? `Android ${osVersion}` : 'iPhone',
      userAgent: isAndroid
        ? `SalesforceMobileSDK/12.2 android/${osVersion}`
        : `SalesforceMobileSDK/12.2 iOS/${osVersion}`,
      osName: isAndroid ? 'ANDROID' : 'IOS',
      osVersion,
    },
  }
}

/** What Salesforce prints for a client that it does not recognise. */
export const unknownDevice: Device = {
  browser: 'Unknown',
  platform: 'Unknown',
  userAgent: '',
  osName: 'UNKNOWN',
  osVersion: '',
}

function toUserAgent(family: string, version: number, agent: string): string {
  if (family === 'Firefox')
    return `Mozilla/5.0 (${agent}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`
  const chrome = `Mozilla/5.0 (${agent}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`
  return family === 'Chrome' ? chrome : `${chrome} Edg/${version}.0.0.0`
}

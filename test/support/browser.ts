import { existsSync } from 'node:fs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Path of a Chromium of this machine; undefined where there is none. @throws with CI set, instead of answering undefined. */
export function chromiumPath(): string | undefined {
  const path = places.find((place) => existsSync(place))
  if (path === undefined && process.env.CI)
    throw new Error(`no Chromium: none of ${places.join(', ')} exists`)
  return path
}

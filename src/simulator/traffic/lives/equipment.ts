import { day } from '../../../duration.ts'
import { createRandom } from '../../random.ts'
import { startOfDay } from '../calendar.ts'
import { browserVersion, type Device, drawDevice, drawPhone, type Phone } from '../devices.ts'
import { createTurns } from './chance.ts'
import { rates } from './rates.ts'

/** What the holder of a post works with; a new holder gets new things. */
export interface Equipment {
  computersOn(holder: number, dayStart: number): readonly Device[]
  phoneOn(holder: number, dayStart: number): Phone
  /** Whether the phone is replaced on a day. */
  hasNewPhone(dayStart: number): boolean
}

/** The equipment of a post with so many computers. */
export function createEquipment(seed: string, computers: number): Equipment {
  const phones = createTurns(`${seed}/phone`, rates.phone)
  const all = Array.from({ length: computers }, (_, index) => {
    const own = `${seed}/computer/${index}`
    return { own, turns: createTurns(own, rates.computer) }
  })
  return {
    computersOn: (holder, time) =>
      all.map(({ own, turns }) => computerAt(`${own}/${holder}/${turns(time).number}`, time)),
    phoneOn(holder, time) {
      const random = createRandom(`${seed}/phone/${holder}/${phones(time).number}`)
      return drawPhone(random, browserVersion(time))
    },
    hasNewPhone: (time) => startOfDay(phones(time + day - 1).since) === time,
  }
}

/** A computer whose browser installs each version some days after it came out. */
function computerAt(seed: string, time: number): Device {
  const random = createRandom(seed)
  return drawDevice(random, browserVersion(time - random.between(...rates.browserLag)))
}

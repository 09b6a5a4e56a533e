import { describe, expect, test } from 'vitest'
import { needsOf } from '../../../src/salesforce/channels.ts'

describe('what a channel needs', () => {
  test.each([
    ['/event/ApiEventStream', 'View Real-Time Event Monitoring Data', 'ApiEventStream'],
    [
      '/event/LogoutEventStream',
      'View Real-Time Event Monitoring Data and Customize Application',
      'LogoutEventStream',
    ],
    ['/event/Order_Shipped__e', 'API Enabled', 'Order_Shipped__e'],
    ['/event/Security__chn', 'API Enabled', 'every event that is a member of Security__chn'],
  ])('%s: %s', (channel, permission, object) => {
    expect(needsOf(channel)).toMatchObject({
      channel,
      permission,
      object,
      remedy: expect.stringContaining(object),
    })
  })
})

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

  test.each([
    ['/event/LoginEventStream', 'LoginEvent'],
    ['/event/FileEvent', 'FileEventStore'],
    ['/event/ApiAnomalyEvent', 'ApiAnomalyEventStore'],
    ['/event/BulkApiResultEvent', 'BulkApiResultEventStore'],
    ['/event/MobileEmailEvent', undefined],
    ['/event/ConcurLongRunApexErrEvent', undefined],
    ['/event/Order_Shipped__e', undefined],
    ['/data/AccountChangeEvent', undefined],
  ])('%s is kept as %s', (channel, storage) => {
    expect(needsOf(channel).storage).toBe(storage)
  })
})

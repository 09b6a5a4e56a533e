import { expect, test } from 'vitest'
import { parseDetectionMessage } from '../../../src/alerting/detection-message.ts'
import { judgingModels, reasons } from '../../../src/detection/detection.ts'
import { makeDetection } from '../../support/make-detection.ts'

const parse = (message: unknown) => parseDetectionMessage(Buffer.from(JSON.stringify(message)))

test.each(judgingModels)('a detection of the model %s is understood', (model) => {
  const detection = makeDetection()
  const message = { ...detection, statistics: { ...detection.statistics, model } }
  expect(parse(message)).toEqual(message)
})

test.each(reasons)('a detection by reason of %s is understood', (reason) => {
  expect(parse(makeDetection({ reason }))).toMatchObject({ reason })
})

test('anything else is malformed', () => {
  for (const message of [null, {}, { kind: 'detection' }, { ...makeDetection(), level: 'dire' }])
    expect(() => parse(message)).toThrow(expect.objectContaining({ code: 'RECORD_MALFORMED' }))
})

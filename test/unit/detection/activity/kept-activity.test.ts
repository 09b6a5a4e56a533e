import { expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { decodeEvent } from '../../../../src/detection/activity/decode.ts'
import { keepActivity } from '../../../../src/detection/activity/kept-activity.ts'
import { sampleOf } from '../../../../src/detection/firing/evidence.ts'

const payload = {
  EventDate: '2026-10-06T14:14:06.000Z',
  EventIdentifier: 'e1',
  UserId: '005xx000001SvcAAA',
  Username: 'Jane@acme.example',
  SourceIp: '203.0.113.9',
  LoginKey: 'login-1',
  Operation: 'Query',
  ApiType: 'REST',
  UserAgent: 'python-requests/2.32.3',
  Query: 'SELECT Id FROM Contact LIMIT 200',
  QueriedEntities: 'Contact',
  RowsReturned: 200,
  RowsProcessed: 200,
}

function decoded(): Activity {
  const message = { channel: '/event/ApiEventStream', data: { payload, event: { EventUuid: 'u1' } } }
  const value = Buffer.from(JSON.stringify(message))
  return decodeEvent({ key: '00Dxx0000000000EAA', value, headers: { org: 'acme' } }) as Activity
}

test('what a state keeps of an activity is the same after it was saved and restored', () => {
  const kept = keepActivity(decoded())
  expect(JSON.parse(JSON.stringify(kept))).toEqual(kept)
})

test('a kept activity shows people what the event itself would show', () => {
  const restored = JSON.parse(JSON.stringify(keepActivity(decoded()))) as Activity
  expect(sampleOf(restored)).toEqual(sampleOf(decoded()))
  expect(sampleOf(restored).fields).toMatchObject({ rows: 200, objects: 'Contact', probe: true })
})

test('no field of an activity is forgotten', () => {
  const original = decoded()
  const kept = keepActivity(original)
  for (const name of Object.keys(kept) as (keyof Activity)[]) expect(kept[name]).toEqual(original[name])
})

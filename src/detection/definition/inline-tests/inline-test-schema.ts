import { z } from 'zod'
import { hour, parseDuration } from '../../../duration.ts'
import { salesforceFields } from '../../activity/salesforce-fields.ts'
import { levels } from '../../detection.ts'
import { activityField } from '../fields.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** `14d9h` after the start of the test; unlike other durations it may be 0s. */
const offset = z.string().transform((value, context) => {
  const milliseconds = parseDuration(value)
  if (milliseconds !== undefined) return milliseconds
  context.addIssue({ code: 'custom', message: 'must be a time after the start, such as 0s, 90m or 14d9h' })
  return z.NEVER
})

const hours = z.string().transform((value, context) => {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(value) ?? []
  if (Number(from) < Number(to) && Number(to) <= 24)
    return { from: Number(from) * hour, to: Number(to) * hour }
  context.addIssue({ code: 'custom', message: 'must be hours of the day such as 8-18' })
  return z.NEVER
})

const fieldValues = z.record(z.string(), z.unknown()).superRefine((values, context) => {
  for (const name of Object.keys(values)) {
    if (salesforceFields.has(name)) continue
    const field = activityField(name)
    const message =
      'unknown' in field ? field.unknown : `is not a field of Salesforce's — give the raw fields`
    if ('unknown' in field || !/__c$|^raw\./.test(name)) {
      context.addIssue({ code: 'custom', path: [name], message, params: { place: 'key' } })
    }
  }
})

const events = z
  .strictObject({
    event: z
      .string()
      .min(1)
      .describe(
        'the event type, such as LoginEventStream; directory, org and app for what the org says about a user, itself and an app',
      ),
    at: offset.default(0).describe('When the first one happens, after the start (a Monday, 00:00 UTC)'),
    count: z.int().min(1).default(1).describe('How many'),
    every: offset.optional().describe('From one to the next; 1s when absent'),
    hours: hours
      .optional()
      .describe('Instead of every: scatter `count` over each hour between these, such as 8-18'),
    days: z.int().min(1).default(1).describe('The same again on so many days'),
    weekdays: z.array(z.enum(weekdays)).min(1).optional().describe('Only on these'),
    entities: z.int().min(1).default(1).describe('The same for so many; {e} in a field is 1, 2, 3, …'),
    fields: fieldValues
      .default({})
      .describe("Salesforce's fields; {n} counts the events, {e} the entities, 10..20 is a random number"),
  })
  .refine(({ every, hours: scattered }) => every === undefined || scattered === undefined, {
    error: 'every and hours exclude each other — remove one',
    path: ['every'],
  })

const expectation = z.strictObject({
  entity: z.string().min(1).describe('the id of the entity that fires'),
  level: z.enum(levels).optional().describe('The highest level that it reaches'),
  after: offset.optional().describe('At most so long after the first event of the last entry in given'),
})

const inlineTest = z.strictObject({
  name: z.string().min(1).describe('what the test promises'),
  given: z.array(events).min(1),
  expect: z
    .union([z.literal('none'), z.array(expectation).min(1)])
    .describe('none, or exactly the entities that fire, and no other'),
})

/** `tests:` of a detector file. */
export const inlineTestsSchema = z
  .array(inlineTest)
  .superRefine((tests, context) => {
    const names = new Set<string>()
    for (const [index, { name }] of tests.entries()) {
      if (names.has(name))
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is used twice' })
      names.add(name)
    }
    if (!tests.some(({ expect }) => expect === 'none')) {
      context.addIssue({ code: 'custom', message: 'has no quiet test — add one with expect: none' })
    }
    if (!tests.some(({ expect }) => expect !== 'none')) {
      context.addIssue({
        code: 'custom',
        message: 'has no firing test — add one whose expect names an entity',
      })
    }
  })
  .describe('at least one that fires and one that stays quiet')

export type InlineTest = z.output<typeof inlineTest>
export type GivenEvents = z.output<typeof events>
export type Expectation = z.output<typeof expectation>

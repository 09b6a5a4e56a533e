import { z } from 'zod'
import { day, parseDuration, second, week } from '../../duration.ts'
import { nearestWord } from '../../yaml-source.ts'
import { salesforceFields } from '../activity/salesforce-fields.ts'
import { type Level, levels } from '../detection.ts'
import { panesPerWindow } from '../window/window.ts'
import { parseBudget } from './budget.ts'
import { findContradictions } from './contradictions.ts'
import { activityField, canonicalFields, type FieldLookup, foundField } from './fields.ts'
import { inlineTestsSchema } from './inline-tests/inline-test-schema.ts'
import { parseMeasure } from './measure.ts'
import { usualBudget } from './overlay/scale-budgets.ts'
import { compileSelection, type Predicate, type SelectionSource } from './selection.ts'
import { summaryPlaceholders } from './summary-placeholders.ts'

/** A selection as it was written, and compiled. */
export type Selection<T> = { readonly source: SelectionSource; readonly matches: Predicate<T> }

const completions = Object.fromEntries([...canonicalFields, ...salesforceFields].map((name) => [name, {}]))

const id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens, such as bulk-export')

const text = z.string().trim().min(1)

const duration = z
  .string()
  .transform((value, context) => {
    const milliseconds = parseDuration(value)
    if (milliseconds !== undefined && milliseconds > 0) return milliseconds
    context.addIssue({ code: 'custom', message: 'must be a duration such as 5m, 1h30m or 14d' })
    return z.NEVER
  })
  .meta({ id: 'duration', description: 'A duration such as 5m, 1h30m or 14d' })

/** A window slides by a tenth of its length, in whole seconds like the times of events. */
const windowLength = duration.refine((length) => length % (panesPerWindow * second) === 0, {
  error: 'must be a multiple of 10s: a window slides by a tenth of its length, in whole seconds',
  abort: true,
})

const budget = z
  .string()
  .transform((value, context) => {
    const perMillisecond = parseBudget(value)
    if (perMillisecond !== undefined) return perMillisecond
    context.addIssue({
      code: 'custom',
      message: 'must be a number of false alerts in a time, such as 1/week',
    })
    return z.NEVER
  })
  .meta({
    id: 'budget',
    description: 'False alerts that you accept from this detector, whole org: 2/day, 1/week, 1/month',
  })

function selectionOf<T>(lookup: FieldLookup<T>, metadata: { id: string; description: string }) {
  const map = z.record(z.string(), z.unknown())
  return z
    .union([map, z.array(map)])
    .transform((source, context): Selection<T> => {
      const compiled = compileSelection(source, lookup)
      if (compiled.kind === 'ok') return { source, matches: compiled.matches }
      for (const { path, message, place } of compiled.problems) {
        context.addIssue({ code: 'custom', message, path: [...path], params: { place } })
      }
      return z.NEVER
    })
    .meta({ ...metadata, properties: completions })
}

const selection = selectionOf(activityField, {
  id: 'selection',
  description:
    'Map: all hold. List: one holds. Field|modifier: value or list of values; not: for the opposite',
})

const foundSelection = selectionOf(foundField, {
  id: 'levelCondition',
  description:
    'observed, expected, ratio, excess (powers of ten beyond the threshold), window, whole_expected, whole_ratio (of the longest window), own_ratio (observed / own largest before), unexplained (ratio / growth of other work) and growing (share of days) of drift, steady, every, networks, apps, users, familiarity, once (observed without what the same query had brought before), or any field',
})

const field = z
  .string()
  .superRefine((name, context) => {
    const known = activityField(name)
    if ('unknown' in known) context.addIssue({ code: 'custom', message: known.unknown })
  })
  .describe('A field of the activity')

const measure = z.string().transform((value, context) => {
  const parsed = parseMeasure(value)
  if (typeof parsed !== 'string') return parsed
  context.addIssue({ code: 'custom', message: parsed })
  return z.NEVER
})

const date = z.iso.date('must be a date such as 2027-03-31').transform((value) => Date.parse(value) + day)

const amount = z.number().min(0)

const ceiling = z
  .union([
    amount,
    z.record(z.string(), amount).superRefine((amounts, context) => {
      for (const length of Object.keys(amounts)) {
        if (parseDuration(length) === undefined)
          context.addIssue({ code: 'custom', path: [length], message: 'must be a duration such as 10m' })
      }
    }),
  ])
  .describe(
    'Always fires from here on, whatever the baseline says; by window where it differs, such as { 10m: 10 }',
  )

const fires = z.strictObject({
  when: z
    .enum(['above', 'below'])
    .default('above')
    .describe('above: too much fires; below: too little, judged as time goes on without events'),
  budget: budget.default(usualBudget),
  at_least: amount.default(1).describe('Never fires below this, whatever the statistics say'),
  always_above: ceiling.optional(),
})

const exception = z.strictObject({
  match: selection.describe('Activities that the detector must not count'),
  reason: text.describe('say why this is harmless'),
  owner: text.describe('say who answers for it'),
  expires: date.describe('the last day on which it holds, such as 2027-03-31'),
})

const escalation = z.strictObject({
  where: selection.describe('What else the entity does that makes it worse'),
  within: duration.describe('So long before or after an event that fires'),
  after: z.boolean().default(false).describe('Only after the episode has fired'),
  level: z.enum(levels).describe('The level to which the episode rises'),
  because: text.optional().describe('Added to the sentence that people read'),
  names: text.optional().describe('Lists the users who did it, in a line that begins with this word'),
})

const override = z.strictObject({
  match: selection,
  because: text
    .optional()
    .describe('Ends the sentence of what its always_above fires: … or more are always reported {because}'),
  fires: z.strictObject({
    budget: budget.optional(),
    at_least: amount.optional(),
    always_above: ceiling.optional(),
  }),
})

const summary = text.superRefine((sentence, context) => {
  for (const [, name = ''] of sentence.matchAll(/\{\{\s*(.*?)\s*\}\}/g)) {
    if ((summaryPlaceholders as readonly string[]).includes(name) || !('unknown' in activityField(name)))
      continue
    const known = [...summaryPlaceholders, ...canonicalFields]
    const meant = nearestWord(name, known)
    const advice = meant
      ? `did you mean ${meant}?`
      : `there are ${summaryPlaceholders.join(', ')}, and fields`
    context.addIssue({ code: 'custom', message: `unknown placeholder {{${name}}} — ${advice}` })
  }
})

const alert = z.strictObject({
  repeat: duration
    .default(day)
    .describe('An entity that fires again within this time continues the same alert'),
  keep_open: duration
    .optional()
    .describe('Quiet time after which the alert resolves; the longest window, at least 1h, when absent'),
  part_of: z
    .union([z.literal('any'), z.array(id).min(1)])
    .optional()
    .describe(
      'Detectors whose open alert about the same tells this one as well: nobody is notified of it beside them, unless it is worse',
    ),
  summary: summary
    .optional()
    .describe('The sentence that people read, with {{placeholders}}; a general one when absent'),
  runbook: text.describe('numbered steps that say what to check, and how to contain it'),
})

const levelConditions = z
  .strictObject(Object.fromEntries(levels.map((level) => [level, foundSelection.optional()])))
  .transform((conditions) => conditions as Readonly<Partial<Record<Level, z.output<typeof foundSelection>>>>)

/** A detector file. The one place that says what may stand in it. */
export const definitionSchema = z
  .strictObject({
    id: id.describe('the same as the name of the file without .yaml'),
    title: text.describe('what an analyst reads first'),
    status: z
      .enum(['stable', 'experimental', 'disabled'])
      .default('stable')
      .describe('experimental: recorded, never notified'),
    level: z.enum(levels),
    description: text.describe('what it looks for and why that matters'),
    tags: z.array(text).default([]).describe('Such as attack.exfiltration, attack.t1213.004'),
    references: z.array(z.url({ error: 'must be a URL' })).default([]),
    falsepositives: z.array(text).default([]).describe('Harmless things that may fire it'),
    where: selection.describe('Which activities it counts'),
    entity: z
      .union([field, z.array(field).min(1)])
      .transform((names) => (typeof names === 'string' ? [names] : names))
      .describe(
        'Whom it counts them for: user, ip, network, session, app, org, any field, or a list of fields',
      ),
    hits: selection
      .optional()
      .describe(
        'ratio: which of the activities are hits. novelty: only of these something new is told; all of `where` teach. drift: only these are added up; the rest of `where` is other work',
      ),
    measure: measure.describe('count, sum(field), distinct(field), ratio or new(field, …)'),
    unit: z
      .union([text, z.tuple([text, text])])
      .transform((words) => (typeof words === 'string' ? ([words, words] as const) : words))
      .optional()
      .describe('What is counted, in words, such as [API call, API calls]: one, and more'),
    windows: z
      .array(windowLength)
      .min(1)
      .describe('One or more lengths, multiples of 10s, such as [10m, 1h]'),
    baseline: z.strictObject({
      model: z.enum(['counts', 'amounts', 'ratio', 'novelty', 'drift', 'decay', 'none']),
      peers: z.array(field).default([]).describe('Fields whose values make a peer group'),
      half_life: duration.default(14 * day).describe('How fast the baseline forgets'),
      memory: duration.default(90 * day).describe('novelty: what was not seen for so long is new again'),
      learning: duration.default(week).describe('novelty: how long an entity is only watched'),
    }),
    fires: fires.prefault({}),
    levels: levelConditions
      .prefault({})
      .describe('Other levels by what was found; the highest that holds wins'),
    escalate: z
      .array(escalation)
      .default([])
      .describe('Activities of the same entity that raise the level of what has fired'),
    risk: amount
      .optional()
      .describe(
        'Points that a medium detection adds to the risk of its entity, half of it a low one; 20 when absent',
      ),
    exceptions: z.array(exception).default([]),
    overrides: z.array(override).default([]).describe('Other thresholds for some entities; later ones win'),
    alert,
    tests: inlineTestsSchema,
  })
  .superRefine((definition, context) => {
    for (const { path, message, cause } of findContradictions(definition))
      context.addIssue({ code: 'custom', path: [...path], message, params: { cause } })
  })

export type Definition = z.output<typeof definitionSchema>

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readDetectors } from '../../../src/detection/definition/catalog.ts'
import type { Definition } from '../../../src/detection/definition/definition-schema.ts'
import { runInlineTests } from '../../../src/detection/definition/inline-tests/inline-tests.ts'
import { createDetectorJsonSchema } from '../../../src/detection/definition/json-schema.ts'
import { stepLength, stepsShown } from '../../../src/notify/message.ts'
import { namesNumber } from '../../support/number-forms.ts'

const directory = fileURLToPath(new URL('../../../detectors', import.meta.url))
const { files, problems } = await readDetectors(directory)

describe('the detectors that come with Forcewatch', () => {
  it('have no problem', () => {
    expect(problems).toEqual([])
  })

  it.each(files.map(({ definition }) => [definition.id, definition] as const))(
    '%s passes its tests',
    (_, definition) => {
      expect([...runInlineTests(definition)].filter(({ kind }) => kind === 'failed')).toEqual([])
    },
  )

  it.each(files.map(({ definition }) => [definition.id, definition] as const))(
    '%s has two firing and two quiet tests, tags, false positives and steps that contain',
    (_, { tests, tags, falsepositives, alert }) => {
      const quiet = tests.filter(({ expect: expected }) => expected === 'none').length
      expect(quiet).toBeGreaterThanOrEqual(2)
      expect(tests.length - quiet).toBeGreaterThanOrEqual(2)
      expect(tags.every((tag) => tag.startsWith('attack.'))).toBe(true)
      expect(falsepositives.length).toBeGreaterThan(0)
      expect(alert.runbook).toMatch(/^1\. /)
      expect(alert.runbook).toMatch(/freeze/i)
    },
  )

  it.each(files.map(({ definition }) => [definition.id, definition] as const))(
    '%s contains within the steps that a notification shows, and none of its steps is cut there',
    (_, { alert }) => {
      const steps = alert.runbook.split(/\n(?=\d\. )/).map((step) => step.replace(/\s+/g, ' '))
      expect(steps.slice(0, stepsShown).join(' ')).toMatch(/freeze/i)
      expect(steps.filter((step) => step.length > stepLength)).toEqual([])
    },
  )

  it.each(files.map(({ definition }) => [definition.id, definition] as const))(
    '%s blocks nobody by Network Access, which trusts what it holds',
    (_, { alert }) => {
      const sentences = alert.runbook.replace(/\s+/g, ' ').split(/(?<=\.) /)
      for (const sentence of sentences.filter((each) => each.includes('Network Access')))
        expect(sentence).toMatch(/^Enter nothing in Setup, Network Access: it trusts/)
    },
  )

  it.each(files.map(({ definition }) => [definition.id, definition] as const))(
    '%s names in its description every number from which on it fires, always fires, or changes its level',
    (_, definition) => {
      expect(amountsOf(definition).filter((amount) => !namesNumber(definition.description, amount))).toEqual(
        [],
      )
    },
  )

  it('argue for their thresholds in the description, which every reader of an alert gets, and not in comments', async () => {
    for (const { definition } of files) {
      const [schema, ...lines] = (await readFile(`${directory}/${definition.id}.yaml`, 'utf8')).split('\n')
      expect(schema).toMatch(/^# yaml-language-server/)
      expect(lines.filter((line) => /(^|\s)#\s/.test(line))).toEqual([])
    }
  })
})

/** Floors, ceilings and limits of `observed`; that a single event is enough needs no number. */
function amountsOf({ fires, overrides, levels }: Definition): readonly number[] {
  const firing = [fires, ...overrides.map((override) => override.fires)]
  const bounds = firing.flatMap(({ at_least = 0, always_above }) => [at_least, ...valuesOf(always_above)])
  return [...bounds, ...observedIn(levels)].filter((amount) => amount > 1)
}

function valuesOf(ceiling: unknown): readonly number[] {
  return typeof ceiling === 'object' && ceiling !== null ? Object.values(ceiling) : [Number(ceiling ?? 0)]
}

function observedIn(condition: unknown): readonly number[] {
  if (typeof condition !== 'object' || condition === null) return []
  return Object.entries(condition).flatMap(([key, value]) =>
    key.startsWith('observed|') ? [Number(value)] : observedIn(value),
  )
}

describe('a number', () => {
  it.each([
    [2000, 'fires from 2,000 on', '12,000', '2,000,000'],
    [200, 'two hundred of them', 'two hundred and twelve', '2000'],
    [100, 'a hundred pages', '1,100', 'hundreds'],
    [40, 'Forty users', '40,000', 'forty-two'],
    [500_000_000, 'below 500 MB', '1,500 MB', '500'],
  ])('%i is named as people write it, and not within another one', (value, named, other, another) => {
    expect([named, other, another].map((text) => namesNumber(text, value))).toEqual([true, false, false])
  })
})

describe('detector.schema.json', () => {
  it('is what `forcewatch detectors schema` prints', async () => {
    expect(await readFile(`${directory}/detector.schema.json`, 'utf8')).toBe(createDetectorJsonSchema())
  })

  it('accepts every detector, and refuses an unknown key', async () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(
      JSON.parse(createDetectorJsonSchema()),
    )
    for (const { definition } of files) {
      const value = parse(await readFile(`${directory}/${definition.id}.yaml`, 'utf8'), { maxAliasCount: -1 })
      expect([definition.id, validate(value), validate.errors]).toEqual([definition.id, true, null])
      expect(validate({ ...value, titel: 'x' })).toBe(false)
    }
  })
})

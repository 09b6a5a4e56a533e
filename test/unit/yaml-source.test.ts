import { expect, test } from 'vitest'
import { z } from 'zod'
import { formatProblem, nearestWord, parseWith, parseYamlSource } from '../../src/yaml-source.ts'

function problemsOf(text: string, schema: z.ZodType): string[] {
  const parsed = parseWith(parseYamlSource('f.yaml', text), schema)
  return parsed.kind === 'ok' ? [] : parsed.problems.map(formatProblem)
}

test('a problem stands at its value, an unknown key at the key, a missing one at its map', () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ name: z.string(), size: z.int() })) })
  expect(problemsOf('list:\n  - name: 5\n    size: 1.5\n    sise: 1\n  - size: 2\n', schema)).toEqual([
    'f.yaml:2:11 list[0].name: must be a text, not a number',
    'f.yaml:3:11 list[0].size: must be a whole number, not a number',
    'f.yaml:4:5 list[0].sise: unknown key — did you mean size?',
    'f.yaml:5:5 list[1].name: is missing',
  ])
})

test('of the forms that a value may have, the one that fits best explains itself', () => {
  const schema = z.strictObject({ tls: z.union([z.boolean(), z.strictObject({ ca: z.string() })]) })
  expect(problemsOf('tls: { ca: 1 }', schema)).toEqual(['f.yaml:1:12 tls.ca: must be a text, not a number'])
  expect(problemsOf('tls: 5', schema)).toEqual(['f.yaml:1:6 tls: has a form that is not allowed here'])
})

test('says what to do about a second document', () => {
  expect(parseYamlSource('f.yaml', 'id: a\n---\nid: b\n').problems.map(formatProblem)).toEqual([
    'f.yaml:2:1 a second document begins here — give it a file of its own, and leave out the line ---',
  ])
})

test('strings are mapped in place, keys and comments are not', () => {
  const source = parseYamlSource(
    'f.yaml',
    '# up\nup: [up, { up: up }] # up\nother: &anchor up\nagain: *anchor\n',
  )
  const problems = source.mapStrings((text, complain) => {
    complain('seen')
    return text.toUpperCase()
  })
  expect(source.value()).toEqual({ up: ['UP', { up: 'UP' }], other: 'UP', again: 'UP' })
  expect(problems.map(formatProblem)).toEqual([
    'f.yaml:2:6 up[0]: seen',
    'f.yaml:2:16 up[1].up: seen',
    'f.yaml:3:16 other: seen',
  ])
})

test('the nearest word is offered only when it is near', () => {
  const known = ['channels', 'time_zone', 'high']
  expect(nearestWord('chanels', known)).toBe('channels')
  expect(nearestWord('hihg', known)).toBe('high')
  expect(nearestWord('completely', known)).toBeUndefined()
})

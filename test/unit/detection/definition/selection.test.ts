import { describe, expect, it } from 'vitest'
import type { Found } from '../../../../src/detection/definition/detector.ts'
import { activityField, foundField } from '../../../../src/detection/definition/fields.ts'
import { compileSelection, type SelectionSource } from '../../../../src/detection/definition/selection.ts'
import { decodeActivity } from '../event-record.ts'

const login = decodeActivity('LoginEventStream', {
  Status: 'Invalid Password',
  Application: 'Data Loader',
  LoginLatitude: '52.5',
  IsScheduled: false,
  Region__c: 'EMEA',
  UserId: '0055f00000000GwAAI',
  Copy__c: '0055f00000000GwAAI',
  Undocumented: 'yes',
})
const query = decodeActivity('ApiEventStream', {
  QueriedEntities: 'Account, Contact',
  Operation: 'Query',
  RowsReturned: 2000,
})

function matches(source: SelectionSource, activity = login): boolean {
  const compiled = compileSelection(source, activityField)
  if (compiled.kind === 'invalid') throw new Error(compiled.problems.map(({ message }) => message).join('; '))
  return compiled.matches(activity)
}

function problemsOf(source: SelectionSource): readonly string[] {
  const compiled = compileSelection(source, activityField)
  return compiled.kind === 'ok'
    ? []
    : compiled.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('a selection', () => {
  it.each<[string, SelectionSource, boolean]>([
    ['compares texts without regard to case', { Status: 'invalid password' }, true],
    ['reads canonical fields', { action: 'login', outcome: 'failure', failure: 'credential' }, true],
    ['is an "and" over a map', { action: 'login', outcome: 'success' }, false],
    ['is an "or" over a list of maps', [{ outcome: 'success' }, { outcome: 'failure' }], true],
    ['is an "or" over a list of values', { outcome: ['success', 'failure'] }, true],
    ['takes null for absent', { SessionLevel: null }, false],
    ['takes null for absent, also of unset fields', { PolicyId: null }, true],
    ['compares numbers that came as texts', { LoginLatitude: 52.5 }, true],
    ['compares true and false', { IsScheduled: false }, true],
    ['reads custom fields', { Region__c: 'emea' }, true],
    ['reads undocumented fields by raw.', { 'raw.Undocumented': 'YES' }, true],
    ['|contains', { 'Application|contains': 'LOAD' }, true],
    ['|startswith', { 'Application|startswith': ['x', 'data'] }, true],
    ['|endswith', { 'Application|endswith': 'data' }, false],
    ['|re, which minds the case', { 'Status|re': '^Invalid (Password|Login)$' }, true],
    ['|re, which minds the case, so this differs', { 'Status|re': '^invalid' }, false],
    ['|cidr', { 'ip|cidr': '203.0.113.0/24' }, true],
    ['|cidr of the other family', { 'ip|cidr': ['2001:db8::/32', '10.0.0.0/8'] }, false],
    ['|gt', { 'LoginLatitude|gt': 52.5 }, false],
    ['|gte', { 'LoginLatitude|gte': 52.5 }, true],
    ['|lt', { 'LoginLatitude|lt': 60 }, true],
    ['|lte of a text that is no number', { 'Status|lte': 60 }, false],
    ['|exists: true', { 'Status|exists': true }, true],
    ['|exists: false', { 'Status|exists': false }, false],
    ['finds an id that is written in 15 characters', { UserId: '0055f00000000Gw' }, true],
    ['finds such an id in a list, and by its canonical name', { user: [null, '0055f00000000Gw'] }, true],
    ['takes a text of 15 characters for an id only where ids are', { Copy__c: '0055f00000000Gw' }, false],
    ['not: a map', { action: 'login', not: { failure: ['saml', 'oauth'] } }, true],
    ['not: a list', { action: 'login', not: [{ failure: 'saml' }, { failure: 'credential' }] }, false],
  ])('%s', (_, source, expected) => {
    expect(matches(source)).toBe(expected)
  })

  it('matches one of several values of a field', () => {
    expect(matches({ objects: 'contact' }, query)).toBe(true)
    expect(matches({ 'objects|startswith': 'Lead' }, query)).toBe(false)
    expect(matches({ objects: null }, login)).toBe(true)
    expect(matches({ 'rows|gte': 2000 }, query)).toBe(true)
  })
})

describe('a condition of a level', () => {
  const facts = {
    steady: true,
    every: 300_000,
    networks: 1,
    apps: 1,
    users: 1,
    familiarity: 0.5,
    repeated: 0.8,
  }
  const found: Found = {
    observed: 50,
    expected: 2,
    ratio: 25,
    excess: 3,
    window: 600_000,
    whole: { expected: 10, ratio: 5 },
    ownRatio: 1.5,
    activity: login,
    ...facts,
  }
  it('may ask what was found, durations in words, and the activity', () => {
    const source = {
      'observed|gte': 50,
      'ratio|gt': 20,
      'window|lte': '10m',
      window: '10m',
      UserType: null,
      steady: true,
      'every|gte': '5m',
      networks: 1,
      'whole_ratio|lte': 5,
      'own_ratio|gte': 1.5,
      'familiarity|lt': 0.8,
      'once|lt': 11,
    }
    const compiled = compileSelection(source, foundField)
    expect(compiled.kind === 'ok' && compiled.matches(found)).toBe(true)
  })
})

describe('a wrong selection', () => {
  it.each<[SelectionSource, string]>([
    [{ Statsu: 'x' }, 'Statsu: unknown field Statsu — did you mean Status?'],
    [{ Zzzzzz: 'x' }, 'Zzzzzz: unknown field Zzzzzz — write raw.Zzzzzz if Salesforce really sends it'],
    [
      { 'Status|regex': 'x' },
      'Status|regex: unknown modifier regex — there are contains, startswith, endswith, re, cidr, gt, gte, lt, lte, exists',
    ],
    [{ 'Status|contians': 'x' }, 'Status|contians: unknown modifier contians — did you mean contains?'],
    [{ 'Status|contains|all': 'x' }, 'Status|contains|all: has more than one modifier — use one'],
    [{ 'ip|cidr': '203.0.113.0/33' }, 'ip|cidr: must be a network such as 203.0.113.0/24 or 2001:db8::/32'],
    [{ 'rows|gt': 'many' }, 'rows|gt: must be a number'],
    [{ 'Status|re': '(' }, 'Status|re: is no regular expression: /(/: Unterminated group'],
    [{ 'Status|exists': 'yes' }, 'Status|exists: must be true or false'],
    [{ Status: { is: 'x' } }, 'Status: must be a text, a number, true, false, null or a list of them'],
    [
      { Status: 'Invalid*' },
      'Status: * is no wildcard — use |contains, |startswith or |endswith, or |re for a real asterisk',
    ],
    [{ Status: [] }, 'Status: must not be empty'],
    [
      { outcome: ['success', 'failed'] },
      'outcome.1: must be success, failure or challenge — did you mean failure?',
    ],
    [{ not: { off_hours: 'yes' } }, 'not.off_hours: must be true or false'],
    [{}, ': must not be empty'],
    [[], ': must not be empty'],
    [{ not: 'x' }, 'not: must be a map of field: value'],
  ])('%j says %s', (source, problem) => {
    expect(problemsOf(source)).toEqual([problem])
  })
})

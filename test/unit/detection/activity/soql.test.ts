import { describe, expect, it } from 'vitest'
import { toQueryShape } from '../../../../src/detection/activity/soql.ts'

describe('query templates', () => {
  it('are equal for queries that differ in values, limits, case and white space only', () => {
    const one = toQueryShape(
      "SELECT Id, Name FROM Contact WHERE OwnerId = '005xx000001X8UzAAK' AND Age__c > 30 LIMIT 200",
    )
    const two = toQueryShape(
      "select Id,Name\n from Contact\n where OwnerId='005xx000009ZZZZAAK' and Age__c>41 limit 5",
    )
    expect(one.template).toBe('select id,name from contact where ownerid=? and age__c>? limit ?')
    expect(two.template).toBe(one.template)
  })

  it.each([
    [
      "SELECT Id FROM A WHERE N = 'O\\'Neil, x' AND D = LAST_N_DAYS:30",
      'select id from a where n=? and d=last_n_days:?',
    ],
    ["SELECT Id FROM A WHERE Id IN ('1','2', '3')", 'select id from a where id in(?)'],
    ['SELECT Id FROM A WHERE D >= 2023-01-01T12:00:00Z', 'select id from a where d>=?'],
    [
      'SELECT Id FROM A WHERE D >= 2023-01-01T12:00:00.000+0100 OFFSET 20',
      'select id from a where d>=? offset ?',
    ],
    ["SELECT Id FROM A WHERE Id = '1' OR Id = '2' OR Id='3'", 'select id from a where id=?'],
    ['SELECT COUNT( ) FROM A WHERE (B = 1) AND C = 2', 'select count() from a where(b=?) and c=?'],
    ["SELECT Line1__c FROM A WHERE N = 'never closed", 'select line1__c from a where n=?'],
    ['', ''],
  ])('%s → %s', (query, template) => {
    expect(toQueryShape(query).template).toBe(template)
  })
})

describe('objects of a query', () => {
  it.each([
    ['SELECT Id FROM Lead', ['Lead']],
    ['SELECT Id, (SELECT Id FROM Contacts) FROM Account', ['Account']],
    [
      "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE Name = 'from X')",
      ['Account', 'Opportunity'],
    ],
    ['no query at all', []],
  ])('%s reads %j', (query, objects) => {
    expect(toQueryShape(query).objects).toEqual(objects)
  })
})

describe('looking up', () => {
  it.each([
    ["SELECT Id FROM Account WHERE Name LIKE '%acme%' LIMIT 20", true],
    ["SELECT Id FROM Contact\n WHERE Email  =  'a@b.example' LIMIT 1", true],
    ["SELECT Id FROM Case WHERE AccountId IN ('001xx0000001AAA') LIMIT 200", true],
    ['SELECT Id FROM Order WHERE OrderNumber = :number LIMIT 1', true],
    ['SELECT Id, Name FROM Contact LIMIT 200', false],
    ["SELECT Id FROM Contact WHERE Name LIKE '%' LIMIT 200", false],
    ["SELECT Id, Name FROM Contact WHERE Id > '003xx0000001AAA' ORDER BY Id LIMIT 200", false],
    ["SELECT Id FROM Contact WHERE Status__c = 'Active' LIMIT 200", false],
    ['SELECT Id FROM User WHERE IsActive = true LIMIT 20', false],
    ['SELECT Id FROM Case WHERE ContactId IN (SELECT Id FROM Contact) LIMIT 50', false],
  ])('%s: %s', (query, looksUp) => {
    expect(toQueryShape(query).looksUp).toBe(looksUp)
  })
})

describe('counting and limits', () => {
  it.each([
    ['SELECT COUNT() FROM Contact', true, null],
    ['select count ( Id ) total from Contact', true, null],
    ['SELECT COUNT(Id) FROM Contact GROUP BY OwnerId', false, null],
    ['SELECT Id, (SELECT Id FROM Cases LIMIT 5) FROM Account', false, null],
    ['SELECT Id, (SELECT Id FROM Cases LIMIT 5) FROM Account ORDER BY Id LIMIT 50', false, 50],
  ])('%s: counts %s, limit %s', (query, counts, limit) => {
    expect(toQueryShape(query)).toMatchObject({ counts, limit })
  })

  it('reads a hostile text of the greatest length without effort', () => {
    expect(toQueryShape(`SELECT Id FROM A ${'limit 1 '.repeat(2400)}`).limit).toBe(1)
    expect(toQueryShape(`${'('.repeat(20_000)}`).objects).toEqual([])
    expect(toQueryShape('a'.repeat(20_000)).template).toHaveLength(20_000)
    expect(toQueryShape(`Id IN ${' '.repeat(20_000)}x`).looksUp).toBe(false)
    expect(toQueryShape(`Id LIKE '${'%'.repeat(20_000)}`).looksUp).toBe(false)
  })
})

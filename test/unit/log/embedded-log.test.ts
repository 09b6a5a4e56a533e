import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock, type ManualClock, systemClock } from '../../../src/clock.ts'
import { day, hour } from '../../../src/duration.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { Recorder } from '../../support/recorder.ts'

const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
let directory: string
let clock: ManualClock
let opened: Log[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forcewatch-log-'))
  clock = createManualClock(Date.UTC(2026, 0, 1))
  opened = []
})

afterEach(async () => {
  await Promise.all(opened.map((log) => log.close()))
  await rm(directory, { recursive: true })
})

function open(file = join(directory, 'log.db')): Log {
  const log = createEmbeddedLog({ file, clock, logger })
  opened.push(log)
  return log
}

describe('embedded log', () => {
  it('forgets records that are older than their topic keeps them, and no offset', async () => {
    const log = open()
    await log.createTopics([
      { name: 'short', partitions: 1, retention: day },
      { name: 'forever', partitions: 1 },
    ])
    for (const topic of ['short', 'forever']) await log.append(topic, [{ key: 'a', value: 'old' }])
    clock.advance(20 * hour)
    await log.append('short', [{ key: 'a', value: 'young' }])
    clock.advance(5 * hour)
    expect(await log.offsets('short')).toEqual([{ partition: 0, first: 1, next: 2 }])
    expect(await log.offsets('forever')).toEqual([{ partition: 0, first: 0, next: 1 }])
    clock.advance(day)
    expect(await log.offsets('short')).toEqual([{ partition: 0, first: 2, next: 2 }])
    await log.close()
    const again = open()
    await again.append('short', [{ key: 'a', value: 'new' }])
    const records = await Array.fromAsync(again.read({ topic: 'short', partition: 0 }, 0))
    expect(records.map(({ offset, value }) => [offset, value.toString()])).toEqual([[2, 'new']])
  })

  it('begins with the oldest record that is left when nothing was committed', async () => {
    const log = open()
    await log.createTopics([{ name: 'events', partitions: 1, retention: day }])
    await log.append('events', [{ key: 'a', value: 'old' }])
    clock.advance(2 * day)
    await log.append('events', [{ key: 'a', value: 'young' }])
    const recorder = new Recorder()
    await log.subscribe({ group: 'g', topics: ['events'], handler: recorder, onFailure: recorder.onFailure })
    await recorder.until(() => recorder.received.length > 0)
    expect(recorder.values).toEqual(['young'])
  })

  it('refuses a file that is none of its own, with the remedy', async () => {
    const file = join(directory, 'notes.txt')
    await writeFile(file, 'this is no database, but long enough to be looked at as one'.repeat(100))
    expect(() => open(file)).toThrow(
      expect.objectContaining({
        code: 'LOG_REJECTED',
        message: expect.stringContaining(file),
        remedy: expect.stringContaining('embedded.directory'),
      }),
    )
    expect(() => open(join(file, 'log.db'))).toThrow(expect.objectContaining({ code: 'LOG_REJECTED' }))
  })

  it('takes nothing any more once it is closed', async () => {
    const log = open()
    await log.createTopics([{ name: 'events', partitions: 1 }])
    const last = log.append('events', [{ key: 'a', value: 'last' }])
    await log.close()
    await expect(last).resolves.toBeUndefined()
    await expect(log.append('events', [{ key: 'a', value: 'late' }])).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    })
  })

  it('goes on when an offset cannot be committed, and tells', async () => {
    const lines: string[] = []
    const loud = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber(), {
      write: (line) => void lines.push(line),
    })
    const file = join(directory, 'log.db')
    const log = createEmbeddedLog({ file, clock: systemClock, logger: loud })
    opened.push(log)
    await log.createTopics([{ name: 'events', partitions: 1 }])
    const recorder = new Recorder()
    const options = { group: 'g', topics: ['events'], handler: recorder, onFailure: recorder.onFailure }
    const subscription = await log.subscribe(options)
    await log.append('events', [{ key: 'a', value: '1' }])
    await recorder.until(() => recorder.received.length === 1)
    const other = new DatabaseSync(file)
    other.exec(`CREATE TRIGGER full BEFORE INSERT ON progress BEGIN SELECT RAISE(ABORT, 'no room'); END`)
    other.close()
    await subscription.commit({ topic: 'events', partition: 0 }, 1)
    await log.append('events', [{ key: 'a', value: '2' }])
    await recorder.until(() => recorder.received.length === 2)
    expect(recorder.failures).toEqual([])
    expect(lines.join('')).toMatch(/the offset of events\/0 was not committed/)
  })

  it('lets one member of a group read, and tells the other’s operator why it waits', async () => {
    const lines: string[] = []
    const loud = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber(), {
      write: (line) => void lines.push(line),
    })
    const file = join(directory, 'log.db')
    const logs = [1, 2].map(() => createEmbeddedLog({ file, clock: systemClock, logger: loud }))
    opened.push(...logs)
    await logs[0]!.createTopics([{ name: 'events', partitions: 2 }])
    const members = [new Recorder(), new Recorder()]
    for (const [index, member] of members.entries()) {
      await logs[index]!.subscribe({
        group: 'g',
        topics: ['events'],
        handler: member,
        onFailure: member.onFailure,
      })
    }
    await members[0]!.until(() => members[0]!.owned.size === 2)
    await logs[1]!.append('events', [{ key: 'a', value: '1' }])
    await members[0]!.until(() => members[0]!.received.length === 1)
    expect(members[1]!.events).toEqual([])
    expect(lines.join('')).toMatch(/another member of group g reads .*log\.db: this one waits for its end/)
  })
})

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../../src/clock.ts'
import { createCatalog, loadDetectors } from '../../../../src/detection/definition/catalog.ts'
import { watchDirectories, watchInterval } from '../../../../src/detection/definition/directory-watch.ts'
import { createMetrics } from '../../../../src/metrics.ts'
import { detectorText } from '../detector-file.ts'

/** Detectors whose inline tests have run. */
const tested = vi.hoisted((): string[] => [])

vi.mock('../../../../src/detection/definition/inline-tests/inline-tests.ts', async (original) => {
  const actual =
    await original<typeof import('../../../../src/detection/definition/inline-tests/inline-tests.ts')>()
  const runFileTests: typeof actual.runFileTests = (file, options) => {
    tested.push(file.definition.id)
    return actual.runFileTests(file, options)
  }
  return { ...actual, runFileTests }
})

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forcewatch-detectors-'))
})
afterEach(() => rm(directory, { recursive: true }))

const write = (name: string, text: string) => writeFile(join(directory, name), text)

describe('loading a directory', () => {
  it('reads every YAML file and nothing else', async () => {
    await write('burst.yaml', detectorText())
    await write('other.yml', detectorText({ id: 'id: other', status: 'status: experimental' }))
    await write('off.yaml', detectorText({ id: 'id: off', status: 'status: disabled' }))
    await write('README.md', 'no detector')
    const { detectors } = await loadDetectors(directory)
    expect(detectors.map(({ id, status }) => [id, status])).toEqual([
      ['burst', 'stable'],
      ['other', 'experimental'],
    ])
  })

  it('is all or nothing, and names every problem of every file', async () => {
    await write('burst.yaml', detectorText())
    await write('one.yaml', detectorText({ id: 'id: one', level: 'level: hihg' }))
    await write('two.yaml', detectorText({ id: 'id: two', entity: 'entity: usr' }))
    await expect(loadDetectors(directory)).rejects.toMatchObject({
      code: 'DETECTORS_INVALID',
      message: expect.stringMatching(/2 problems:\n\S+one\.yaml:3:8 level: .*\n\S+two\.yaml:6:9 entity: /),
    })
  })

  it('refuses one id in two files', async () => {
    await write('burst.yaml', detectorText())
    await write('burst.yml', detectorText())
    await expect(loadDetectors(directory)).rejects.toThrow('burst.yml:1:5 id: is taken by another file')
  })

  it('says so when there is no directory, or no detector in it', async () => {
    await expect(loadDetectors(join(directory, 'absent'))).rejects.toThrow(/cannot read .*absent/)
    await expect(loadDetectors(directory)).rejects.toThrow('holds no detector')
  })

  it('has another hash whenever a file changes', async () => {
    await write('burst.yaml', detectorText())
    const before = await loadDetectors(directory)
    expect((await loadDetectors(directory)).hash).toBe(before.hash)
    await write('burst.yaml', detectorText({ title: 'title: Other words' }))
    expect((await loadDetectors(directory)).hash).not.toBe(before.hash)
  })
})

describe('a catalog', () => {
  async function open(changes: Readonly<Record<string, string>> = {}) {
    await write('burst.yaml', detectorText(changes))
    const metrics = createMetrics()
    const clock = createManualClock(5_000_000)
    return { metrics, clock, catalog: await createCatalog({ directory, metrics, clock }) }
  }

  async function gauge(metrics: ReturnType<typeof createMetrics>, name: string): Promise<number | undefined> {
    const found = await metrics.registry.getSingleMetric(`forcewatch_${name}`)?.get()
    return found?.values[0]?.value
  }

  it('swaps the set as a whole when the files have changed', async () => {
    const { catalog, metrics, clock } = await open()
    expect(await catalog.reload()).toEqual({ kind: 'unchanged' })
    await write('other.yaml', detectorText({ id: 'id: other' }))
    clock.advance(60_000)
    expect(await catalog.reload()).toMatchObject({ kind: 'swapped' })
    expect(catalog.current.detectors.map(({ id }) => id)).toEqual(['burst', 'other'])
    expect(await gauge(metrics, 'detectors_loaded')).toBe(2)
    expect(await gauge(metrics, 'config_last_reload_success_timestamp_seconds')).toBe(5060)
  })

  it('tests on a reload only what has changed since it was tested', async () => {
    const { catalog } = await open()
    tested.length = 0
    await write('other.yaml', detectorText({ id: 'id: other' }))
    await catalog.reload()
    expect(tested).toEqual(['other'])
    await write('burst.yaml', detectorText({ title: 'title: Other words' }))
    await catalog.reload()
    expect(tested).toEqual(['other', 'burst'])
  })

  it('keeps the set in force on any problem, and the metric tells', async () => {
    const { catalog, metrics } = await open()
    const before = catalog.current
    await write('burst.yaml', detectorText({ level: 'level: hihg' }))
    expect(await catalog.reload()).toMatchObject({ kind: 'kept', error: { code: 'DETECTORS_INVALID' } })
    expect(catalog.current).toBe(before)
    expect(await gauge(metrics, 'config_last_reload_successful')).toBe(0)
    await write('burst.yaml', detectorText())
    expect(await catalog.reload()).toEqual({ kind: 'unchanged' })
    expect(await gauge(metrics, 'config_last_reload_successful')).toBe(1)
  })

  it('keeps the set in force when a test inside a file fails', async () => {
    const { catalog } = await open()
    await write('burst.yaml', detectorText({ fires: 'fires: { at_least: 6 }' }))
    const reloaded = await catalog.reload()
    expect(reloaded.kind === 'kept' && reloaded.error.message).toMatch(
      /burst\.yaml:16:11 tests\[1\]\.name: the test fails — u1 did not fire/,
    )
  })

  it('does not start with a set that fails its tests', async () => {
    await write('burst.yaml', detectorText({ fires: 'fires: { at_least: 4 }' }))
    const options = { directory, metrics: createMetrics(), clock: createManualClock() }
    await expect(createCatalog(options)).rejects.toThrow('u1 fired unexpectedly')
  })

  it('tells of exceptions that end while nobody touches a file', async () => {
    const exception = (expires: string) =>
      `{ match: { user: u9 }, reason: known, owner: me, expires: ${expires} }`
    const exceptions = `exceptions: [${exception('1970-01-20')}, ${exception('1970-03-01')}]`
    const { catalog, metrics, clock } = await open({ exceptions })
    const states = async () => {
      const found = await metrics.registry.getSingleMetric('forcewatch_exceptions')?.get()
      return found?.values.map(({ labels, value }) => [labels.state, value])
    }
    expect(catalog.lint()).toEqual([])
    expect(await states()).toEqual([
      ['in_force', 2],
      ['expired', 0],
    ])
    clock.advanceTo(Date.UTC(1970, 0, 21))
    expect(catalog.lint().map(({ message }) => message)).toEqual([
      'the exception ended with 1970-01-20 — remove or extend it',
    ])
    expect(await states()).toEqual([
      ['in_force', 1],
      ['expired', 1],
    ])
  })
})

describe('a catalog with overlays', () => {
  async function open() {
    await write('burst.yaml', detectorText())
    await mkdir(join(directory, 'own'))
    const options = { directory, overlays: join(directory, 'own'), metrics: createMetrics() }
    return createCatalog({ ...options, clock: createManualClock() })
  }

  it('is loaded anew when an overlay changes, and warns of what is not meant', async () => {
    const catalog = await open()
    tested.length = 0
    await write('own/mine.yaml', 'id: burst\nlevel: low\ntitle: Many logins\n')
    expect(await catalog.reload()).toMatchObject({ kind: 'swapped' })
    expect(catalog.current.detectors[0]?.level).toBe('low')
    expect(tested).toEqual(['burst'])
    expect(catalog.lint().map(({ file, line }) => [file, line])).toEqual([
      [join(directory, 'own/mine.yaml'), 3],
    ])
  })

  it('runs the shipped tests on what was shipped, those of the overlay on what it makes of it', async () => {
    const catalog = await open()
    const raised = 'id: burst\nfires: { at_least: 9 }\n'
    await write('own/mine.yaml', raised)
    expect(await catalog.reload()).toMatchObject({ kind: 'swapped' })
    const own = 'tests: [{ name: own, given: [{ event: LoginEventStream, count: 9 }], expect: none }]\n'
    await write('own/mine.yaml', raised + own)
    const reloaded = await catalog.reload()
    expect(reloaded.kind === 'kept' && reloaded.error.message).toMatch(
      /own\/mine\.yaml:3:17 tests\[0\]\.name: the test fails — u1 fired unexpectedly/,
    )
  })
})

describe('watching directories', () => {
  it('tells once of each change', async () => {
    await write('burst.yaml', detectorText())
    const clock = createManualClock()
    const titles: string[] = []
    const onChange = async () => void titles.push((await loadDetectors(directory)).detectors[0]?.title ?? '')
    const stop = await watchDirectories({ directories: [directory], clock, onChange })
    for (const title of ['First', 'Second words', 'Third']) {
      await write('burst.yaml', detectorText({ title: `title: ${title}` }))
      await vi.waitFor(() => {
        clock.advance(watchInterval)
        expect(titles.at(-1)).toBe(title)
      })
    }
    stop()
    expect(titles).toEqual(['First', 'Second words', 'Third'])
  })
})

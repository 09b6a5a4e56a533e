import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from 'simple-statistics'
import { atLeast, atMost, forComparison, type Gate, plain, type Section, times } from '../detection/gates.ts'
import { runMeasured } from '../measured-process.ts'

const main = new URL('../../../src/main.ts', import.meta.url).pathname
const pathOf = (name: string) => new URL(name, import.meta.url).pathname
const populations = [10_000, 100_000, 1_000_000]
const largest = 1_000_000
/** A process that happens to get its memory in other places differs by a fifth. */
const growthRounds = 3
/** So many detectors of the pack; more than there are stands for all of them. */
const packs = ['0', '6', '12', '99']

/** Resident bytes that one entity may take for one measure. */
const mostBytes = 400
const leastRatio = 0.5
const mostGrowth = 1.3

/** What the detect stage costs: beside JSON.parse of the same bytes, and against the number of entities. Takes some minutes. */
export async function measureDetectStage(): Promise<Section> {
  const gates = [...(await measureRatio()), ...(await measureGrowth()), ...(await measureEntities())]
  return {
    title: 'The detect stage',
    method:
      'Bytes of events in, detections out, in CPU time on one core, beside JSON.parse of the same bytes in turn, on a day of a medium org. Growth: API events of so many users with the whole pack, after a million of them, medians of three rounds in turn. Memory: one detector with windows of 10 min, 1 h and 24 h; names, indexes and bookkeeping included.',
    gates,
  }
}

async function measureRatio(): Promise<Gate[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forcewatch-bench-'))
  try {
    const file = join(folder, 'medium.ndjson')
    const span = ['--from', '2026-10-05', '--days', '1']
    await runMeasured(main, ['simulate', '--output', file, '--size', 'medium', ...span])
    const gates: Gate[] = []
    for (const first of packs) {
      const { detectors, parse, stage } = await run<{ detectors: number; parse: number; stage: number }>(
        'stage-process.ts',
        ['--first', first, file],
      )
      const name = `JSON.parse as a share of the stage, ${detectors} detectors`
      const took = `${times(parse / stage)} (${plain(parse)} of ${plain(stage)} µs per event)`
      gates.push(
        first === packs.at(-1)
          ? { ...atLeast(name, parse / stage, leastRatio, times), measured: took }
          : forComparison(name, took),
      )
    }
    return gates
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measureGrowth(): Promise<Gate[]> {
  const rounds: number[][] = []
  for (let round = 0; round < growthRounds; round++) rounds.push(await measureUsers())
  const spent = populations.map((_, i) => median(rounds.map((round) => round[i] as number)))
  const growth = (spent.at(-1) as number) / (spent[0] as number)
  return [
    ...populations.map((users, i) =>
      forComparison(`${users.toLocaleString('en')} users`, `${plain(spent[i] as number)} µs per event`),
    ),
    atMost('growth from 10,000 users to a million', growth, mostGrowth, times),
  ]
}

/** µs per event by the number of users, in the order of `populations`. */
async function measureUsers(): Promise<number[]> {
  const spent: number[] = []
  for (const users of populations) {
    const args = ['--users', String(users)]
    spent.push((await run<{ microseconds: number }>('users-process.ts', args)).microseconds)
  }
  return spent
}

async function measureEntities(): Promise<Gate[]> {
  const gates: Gate[] = []
  for (const entities of populations) {
    const { bytes, residentBytes, microseconds } = await run<{
      bytes: number
      residentBytes: number
      microseconds: number
    }>('entities-process.ts', ['--entities', String(entities)])
    const name = `${entities.toLocaleString('en')} entities, one detector`
    const measured = `${Math.round(bytes)} bytes of heap and arrays each (${Math.round(residentBytes)} resident), ${microseconds.toFixed(2)} µs per event`
    gates.push(
      entities === largest
        ? {
            ...atMost(name, residentBytes, mostBytes, plain),
            measured,
            bound: `≤ ${mostBytes} bytes resident`,
          }
        : forComparison(name, measured),
    )
  }
  return gates
}

async function run<T>(script: string, args: readonly string[]): Promise<T> {
  const { stdout } = await runMeasured(pathOf(script), args)
  return JSON.parse(stdout) as T
}

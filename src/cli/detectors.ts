import type { Command } from 'commander'
import pc from 'picocolors'
import { shippedDetectors } from '../config/schema.ts'
import { type ReadDetectors, readDetectors } from '../detection/definition/catalog.ts'
import type { Definition } from '../detection/definition/definition-schema.ts'
import { runInlineTests, type TestResult } from '../detection/definition/inline-tests.ts'
import { createDetectorJsonSchema } from '../detection/definition/json-schema.ts'
import type { DetectorFile } from '../detection/definition/parse-detector.ts'
import { formatDuration, week } from '../duration.ts'
import { exitCodes } from '../errors.ts'
import { formatProblem } from '../yaml-source.ts'

type Options = { readonly detectors: string; readonly json?: true }

/** `forcewatch detectors check|test|list|schema` */
export function registerDetectors(program: Command): void {
  const detectors = program.command('detectors').description('Check, test and list detector files.')
  const command = (name: string, description: string) =>
    detectors
      .command(name)
      .description(description)
      .option('--detectors <dir>', 'directory of the detector files', shippedDetectors)
      .option('--json', 'one object a line')

  command('check', 'Read every file and report every problem. Ends with 1 when there is any.').action(check)
  command('test', 'Run the tests inside the files on the real engine. Ends with 1 when one fails.').action(
    test,
  )
  command('list', 'List the detectors.').action(list)
  detectors
    .command('schema')
    .description('Print the JSON Schema of a detector file, for completion in editors.')
    .action(() => print(createDetectorJsonSchema()))
}

async function check(options: Options): Promise<void> {
  const read = await readDetectors(options.detectors)
  if (options.json) {
    printObjects([...read.problems, { ok: read.problems.length === 0, problems: read.problems.length }])
  } else if (!reportProblems(read)) {
    print(`${options.detectors}: ${count(read.files.length, 'detector')}, no problem\n`)
  }
  if (read.problems.length > 0) process.exitCode = exitCodes.failed
}

async function test(options: Options): Promise<void> {
  const read = await readDetectors(options.detectors)
  if (read.problems.length > 0) {
    if (options.json) printObjects(read.problems)
    else reportProblems(read)
    process.exitCode = exitCodes.failed
    return
  }
  const results = read.files.flatMap(({ definition }) => [...runAndPrint(definition, options)])
  const failed = results.filter(({ kind }) => kind === 'failed').length
  if (!options.json) print(`${count(results.length - failed, 'test')} passed, ${failed} failed\n`)
  if (failed > 0) process.exitCode = exitCodes.failed
}

/** One result after the other, as they come: a long test does not hide those before it. */
function* runAndPrint(definition: Definition, { json }: Options): Generator<TestResult> {
  if (!json) print(`${definition.id}\n`)
  for (const result of runInlineTests(definition)) {
    if (json) printObjects([{ detector: definition.id, ...result }])
    else print(formatResult(result))
    yield result
  }
}

function formatResult(result: TestResult): string {
  if (result.kind === 'passed') return `  ${pc.green('ok  ')} ${result.name}\n`
  return `  ${pc.red('FAIL')} ${result.name}\n${result.reasons.map((reason) => `       ${reason}\n`).join('')}`
}

async function list(options: Options): Promise<void> {
  const read = await readDetectors(options.detectors)
  if (read.problems.length > 0) process.exitCode = exitCodes.failed
  if (options.json) return printObjects([...read.problems, ...read.files.map(toListed)])
  const rows = read.files
    .map(toListed)
    .map(({ id, level, status, entity, measure, model, windows, budget, title }) => {
      return [id, level, status, entity.join(' + '), measure, model, windows.join(' '), budget, title]
    })
  printTable([['ID', 'LEVEL', 'STATUS', 'ENTITY', 'MEASURE', 'MODEL', 'WINDOWS', 'BUDGET', 'TITLE'], ...rows])
  reportProblems(read)
}

function toListed({ definition }: DetectorFile) {
  const { id, title, level, status, tags, entity, measure, baseline, windows, fires } = definition
  return {
    id,
    title,
    level,
    status,
    tags,
    entity,
    measure: measure.expression,
    model: baseline.model,
    windows: windows.map(formatDuration),
    budget: `${Number((fires.budget * week).toFixed(2))}/week`,
  }
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of rows)
    print(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
}

/** True when there was any. */
function reportProblems({ problems }: ReadDetectors): boolean {
  for (const problem of problems) print(`${formatProblem(problem)}\n`)
  if (problems.length > 0) print(`${count(problems.length, 'problem')}\n`)
  return problems.length > 0
}

function printObjects(objects: readonly object[]): void {
  for (const object of objects) print(`${JSON.stringify(object)}\n`)
}

function print(text: string): void {
  process.stdout.write(text)
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

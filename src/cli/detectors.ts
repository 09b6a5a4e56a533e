import type { Command } from 'commander'
import pc from 'picocolors'
import { systemClock } from '../clock.ts'
import { shippedDetectors } from '../config/schema.ts'
import { lintDetectors, type ReadDetectors, readDetectors } from '../detection/definition/catalog.ts'
import {
  runChangedTests,
  runFileTests,
  type TestResult,
} from '../detection/definition/inline-tests/inline-tests.ts'
import { createDetectorJsonSchema } from '../detection/definition/json-schema.ts'
import type { DetectorFile } from '../detection/definition/parse-detector.ts'
import { exitCodes } from '../errors.ts'
import { formatProblem, type Problem } from '../yaml-source.ts'
import { overlaysOption } from './command-context.ts'
import { listDetectors } from './list-detectors.ts'
import { count, print, printObjects } from './print.ts'

type Options = { readonly detectors: string; readonly overlays?: string; readonly json?: true }

/** `forcewatch detectors check|test|list|schema` */
export function registerDetectors(program: Command): void {
  const detectors = program.command('detectors').description('Check, test and list detector files.')
  const command = (name: string, description: string) =>
    detectors
      .command(name)
      .description(description)
      .option('--detectors <dir>', 'directory of the detector files', shippedDetectors)
      .addOption(overlaysOption())
      .option('--json', 'one object a line')

  command(
    'check',
    'Read every file and report every problem and warning. Ends with 1 when there is any problem.',
  ).action(check)
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
  const read = await readDetectors(options.detectors, options.overlays)
  const { problems } = read
  const warnings = lintDetectors(read, systemClock.now())
  if (options.json) {
    const result = { ok: problems.length === 0, problems: problems.length, warnings: warnings.length }
    printObjects([...problems.map(asError), ...warnings.map(asWarning), result])
  } else {
    const fine = !reportProblems(read)
    for (const warning of warnings) print(`${formatProblem(warning)} (warning)\n`)
    const found = warnings.length === 0 ? 'no problem' : `no problem, ${count(warnings.length, 'warning')}`
    if (fine) print(`${options.detectors}: ${count(read.files.length, 'detector')}, ${found}\n`)
  }
  if (problems.length > 0) process.exitCode = exitCodes.failed
}

async function test(options: Options): Promise<void> {
  const read = await readDetectors(options.detectors, options.overlays)
  if (read.problems.length > 0) {
    if (options.json) printObjects(read.problems.map(asError))
    else reportProblems(read)
    process.exitCode = exitCodes.failed
    return
  }
  const results = read.files.flatMap((file) => [...runAndPrint(file, options)])
  const failed = results.filter(({ kind }) => kind === 'failed').length
  if (!options.json) print(`${count(results.length - failed, 'test')} passed, ${failed} failed\n`)
  if (failed > 0) process.exitCode = exitCodes.failed
}

/** One result after the other, as they come: a long test does not hide those before it. */
function* runAndPrint(file: DetectorFile, { json }: Options): Generator<TestResult> {
  const { id } = file.definition
  if (!json) print(`${id}\n`)
  for (const result of runFileTests(file)) {
    if (json) printObjects([{ detector: id, ...result }])
    else print(formatResult(result))
    yield result
  }
  // No failure: a threshold that an org has raised on purpose breaks what the shipped file promises.
  for (const result of runChangedTests(file)) {
    if (json) printObjects([{ detector: id, ...result, kind: 'changed' }])
    else print(formatResult(result, pc.yellow('now ')))
  }
}

function formatResult(result: TestResult, mark = pc.red('FAIL')): string {
  if (result.kind === 'passed') return `  ${pc.green('ok  ')} ${result.name}\n`
  return `  ${mark} ${result.name}\n${result.reasons.map((reason) => `       ${reason}\n`).join('')}`
}

async function list(options: Options): Promise<void> {
  const read = await readDetectors(options.detectors, options.overlays)
  if (read.problems.length > 0) process.exitCode = exitCodes.failed
  if (options.json) printObjects(read.problems.map(asError))
  listDetectors(read.files, options)
  if (!options.json) reportProblems(read)
}

/** True when there was any. */
function reportProblems({ problems }: ReadDetectors): boolean {
  for (const problem of problems) print(`${formatProblem(problem)}\n`)
  if (problems.length > 0) print(`${count(problems.length, 'problem')}\n`)
  return problems.length > 0
}

function asError(problem: Problem) {
  return { severity: 'error', ...problem }
}

function asWarning(problem: Problem) {
  return { severity: 'warning', ...problem }
}

import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = new URL('../../src/', import.meta.url).pathname

const everyFolder = [
  'doctor/',
  'report/',
  'web/',
  'notify/',
  'alerting/',
  'detection/',
  'salesforce/',
  'stream/',
  'log/',
  'store/',
  'config/',
  'simulator/',
]

/**
 * Who may import what, beside its own folder and the leaf files (every file directly in src/ that has no line here).
 * Leaf files import nothing but each other. The first line that fits a file holds for it. An entry that ends in `/` stands
 * for the folder and all below.
 */
const importRule: readonly (readonly [file: string, imports: readonly string[]])[] = [
  ['main.ts', ['cli/']],
  // Runs detection and alerting over a file, without ports: like app.ts a place where parts are put together.
  ['replay.ts', ['alerting/', 'detection/', 'stream/', 'log/log.ts']],
  // The same twice over, side by side.
  ['backtest/', ['replay.ts', 'alerting/', 'detection/', 'stream/', 'log/log.ts']],
  ['cli/', ['app.ts', 'adapters.ts', 'replay.ts', 'backtest/', ...everyFolder]],
  ['app.ts', ['adapters.ts', ...everyFolder]],
  ['adapters.ts', everyFolder],
  ['config/', ['detection/detection.ts', 'salesforce/channels.ts']],
  [
    'doctor/',
    [
      'salesforce/',
      'notify/notifier.ts',
      'alerting/alert.ts',
      'detection/detection.ts',
      'log/log-facts.ts',
      'store/store-facts.ts',
    ],
  ],
  ['report/', ['detection/']],
  ['web/', ['alerting/', 'detection/']],
  ['notify/', ['alerting/alert.ts', 'alerting/related.ts', 'detection/detection.ts']],
  ['alerting/', ['notify/notifier.ts', 'stream/', 'detection/detection.ts', 'log/log.ts']],
  ['detection/', ['stream/', 'log/log.ts']],
  ['salesforce/', ['log/log.ts', 'log/partitioning.ts', 'store/state-store.ts']],
  ['stream/', ['log/log.ts', 'store/state-store.ts']],
  ['log/', []],
  ['store/', []],
  ['simulator/', []],
]

const adapters = ['log/kafka/', 'log/embedded/', 'store/redis/', 'store/embedded/', 'notify/*/']

/** Libraries that one part alone may know. */
const libraryOwners: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['log/kafka/'],
  ioredis: ['store/redis/'],
  'node:sqlite': ['sqlite-database.ts', 'log/embedded/', 'store/embedded/'],
  jsforce: ['salesforce/'],
  faye: ['salesforce/'],
  fastify: ['web/'],
  commander: ['cli/'],
  pino: ['logger.ts'],
  'prom-client': ['metrics.ts'],
}

const bannedFolders = ['utils', 'util', 'common', 'core', 'types', 'helpers', 'lib', 'shared', 'misc']

const files = globSync('**/*.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .sort()
const texts = new Map(files.map((file) => [file, withoutComments(readFileSync(root + file, 'utf8'))]))
const imports = files.flatMap((from) => specifiers(textOf(from)).map((specifier) => ({ from, specifier })))
const ourImports = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({ from, to: posix.join(posix.dirname(from), specifier) }))

describe('the import rule', () => {
  test('there is something to check', () => {
    expect(files).toContain('clock.ts')
    expect(ourImports).toContainEqual({ from: 'stream/task.ts', to: 'log/log.ts' })
  })

  test('imports go down only, types included', () => {
    const wrong = ourImports.filter(({ from, to }) => !isAllowed(from, to))
    expect(wrong.map(show)).toEqual([])
  })

  test('every folder is in the rule', () => {
    const unknown = files.filter((file) => !isLeaf(file) && !importRule.some(([part]) => lies(file, part)))
    expect(unknown).toEqual([])
  })

  test('no file imports itself by a detour, types included', () => {
    expect(cycles()).toEqual([])
  })

  test('only adapters.ts names an adapter', () => {
    const wrong = ourImports.filter(({ from, to }) => {
      const adapter = adapterOf(to)
      return adapter !== undefined && adapter !== adapterOf(from) && from !== 'adapters.ts'
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('everything imported is in src/ or a package', () => {
    expect(ourImports.filter(({ to }) => to.startsWith('../') && to !== '../package.json').map(show)).toEqual(
      [],
    )
  })

  test.each(Object.entries(libraryOwners))('%s is known to %s alone', (library, owners) => {
    const wrong = imports.filter(
      ({ from, specifier }) =>
        (specifier === library || specifier.startsWith(`${library}/`)) &&
        !owners.some((owner) => lies(from, owner)),
    )
    expect(wrong).toEqual([])
  })
})

describe('habits', () => {
  test.each([
    ['Date.now', /\bDate\.now\b/],
    ['new Date() without an argument', /\bnew Date\(\s*\)/],
    ['performance.now', /\bperformance\b/],
    ['setTimeout and setInterval', /\bset(Timeout|Interval)\s*[(,}]/],
  ])('%s is used in clock.ts alone', (_, pattern) => {
    expect(files.filter((file) => file !== 'clock.ts' && pattern.test(textOf(file)))).toEqual([])
  })

  test('there are no barrels', () => {
    const reExport = /\bexport\s+(type\s+)?(\*|\{[^}]*\})[^;\n]*\sfrom\s/
    expect(
      files.filter((file) => posix.basename(file) === 'index.ts' || reExport.test(textOf(file))),
    ).toEqual([])
  })

  test('folders are named for what is in them', () => {
    expect(files.filter((file) => file.split('/').some((part) => bannedFolders.includes(part)))).toEqual([])
  })

  test('names are in kebab case', () => {
    expect(files.filter((file) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.d)?\.ts$/.test(file))).toEqual([])
  })

  test('tails of distributions are computed in log10, not with the functions that saturate', () => {
    const saturating = /\b(cumulativeStdNormalProbability|poissonDistribution)\b/
    expect(files.filter((file) => saturating.test(textOf(file)))).toEqual([])
  })
})

function isAllowed(from: string, to: string): boolean {
  if (isLeaf(to)) return true
  const [own, imports] = importRule.find(([part]) => lies(from, part)) ?? ['', []]
  return [own, ...imports].some((part) => lies(to, part))
}

function isLeaf(file: string): boolean {
  return !file.includes('/') && !importRule.some(([part]) => part === file)
}

function lies(file: string, part: string): boolean {
  return part.endsWith('/') ? file.startsWith(part) : file === part
}

function adapterOf(file: string): string | undefined {
  return adapters
    .map((pattern) => new RegExp(`^${pattern.replace('*', '[^/]+')}`).exec(file)?.[0])
    .find((found) => found !== undefined)
}

/** Groups of files that reach each other, each as one line. */
function cycles(): string[] {
  const targets = Map.groupBy(ourImports, ({ from }) => from)
  const reaches = (start: string): Set<string> => {
    const seen = new Set<string>()
    const open = [start]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      for (const { to } of targets.get(file) ?? []) {
        if (!seen.has(to)) open.push(to)
        seen.add(to)
      }
    }
    return seen
  }
  const reachable = new Map(files.map((file) => [file, reaches(file)]))
  const group = (file: string) =>
    files.filter((other) => reachable.get(file)?.has(other) && reachable.get(other)?.has(file)).join(' ↔ ')
  return [...new Set(files.filter((file) => reachable.get(file)?.has(file)).map(group))]
}

/** What a file imports: `from '…'`, `import '…'` and `import('…')`. */
function specifiers(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport\s*\(?)\s*'([^'\n]+)'/g)].map(([, specifier = '']) => specifier)
}

/** Without the comments that have lines of their own; what follows code on a line stays. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
}

function textOf(file: string): string {
  return texts.get(file) ?? ''
}

function show({ from, to }: { from: string; to: string }): string {
  return `${from} → ${to}`
}

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ForcewatchError, messageOf } from '../errors.ts'
import { formatProblem, type Problem, parseWith, parseYamlSource, sortProblems } from '../yaml-source.ts'
import { camelize } from './camelize.ts'
import { crossCheck } from './cross-checks.ts'
import { resolveReferences } from './references.ts'
import { type Config, createConfigSchema } from './schema.ts'

export type LoadOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Is told every secret that is read, now and later, so that it can be kept out of what is printed. */
  readonly secretSeen?: (secret: string) => void
}

/** The configuration, or every problem of its file. */
export type CheckedConfig =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/**
 * Reads the configuration file. The result is frozen.
 * @throws CONFIG_INVALID with every problem of the file at once, a line each: `file:line:column path: what — remedy`
 */
export function loadConfig(file: string, options: LoadOptions): Config {
  const checked = checkConfig(file, options)
  if (checked.kind === 'ok') return checked.config
  const count = checked.problems.length
  throw new ForcewatchError(
    'CONFIG_INVALID',
    [
      `${file} has ${count === 1 ? 'a problem' : `${count} problems`}:`,
      ...checked.problems.map(formatProblem),
    ].join('\n'),
    { remedy: 'Mend the file and try `forcewatch config check`; docs/configuration.md explains every key.' },
  )
}

/** The same with the problems as values. @throws CONFIG_INVALID when the file cannot be read */
export function checkConfig(file: string, { env, secretSeen = () => undefined }: LoadOptions): CheckedConfig {
  const source = parseYamlSource(file, readConfigFile(file))
  if (source.problems.length > 0) return { kind: 'invalid', problems: source.problems }
  const referenceProblems = resolveReferences(source, env)
  // A reference without a value is no secret, and the problem about it must show it.
  const seen = (secret: string) => {
    if (referenceProblems.length === 0 || !secret.includes('${')) secretSeen(secret)
  }
  const parsed = parseWith(source, createConfigSchema({ folder: dirname(resolve(file)), secretSeen: seen }))
  const problems = [
    ...referenceProblems,
    ...crossCheck(source),
    ...(parsed.kind === 'invalid' ? parsed.problems : []),
  ]
  if (parsed.kind === 'ok' && problems.length === 0) return { kind: 'ok', config: camelize(parsed.value) }
  return { kind: 'invalid', problems: sortProblems(problems) }
}

/** Whether everything must run in one process, since a part of what it keeps lies in files of that process. */
export function isSingleProcess(config: Config): boolean {
  return config.log === 'embedded' || config.store === 'embedded'
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ForcewatchError('CONFIG_INVALID', `cannot read ${file}: ${messageOf(error).split(',')[0]}`, {
      remedy:
        'Name the file with --config, or copy forcewatch.example.yaml to forcewatch.yaml and fill it in.',
      cause: error,
    })
  }
}

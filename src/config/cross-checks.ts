import { nearestWord, type Path, type Problem, type YamlSource } from '../yaml-source.ts'

/**
 * What no single value of the configuration tells: names that must be unique, names that must exist, sections that a
 * choice needs. Works on the raw file, so that these problems are reported together with the schema's.
 */
export function crossCheck(source: YamlSource): readonly Problem[] {
  const file = asMap(source.value())
  return [
    ...repeatedNames(source, 'orgs', file.orgs),
    ...repeatedNames(source, 'receivers', file.receivers),
    ...missingSections(source, file),
    ...unknownReceivers(source, file),
    ...unknownOrgs(source, file),
    ...redisAddress(source, file),
  ]
}

function repeatedNames(source: YamlSource, section: string, list: unknown): Problem[] {
  const seen = new Set<unknown>()
  return asList(list).flatMap((item, index) => {
    const { name } = asMap(item)
    if (name === undefined || !seen.has(name)) {
      seen.add(name)
      return []
    }
    return [
      source.problemAt([section, index, 'name'], `${String(name)} is used twice — give each its own name`),
    ]
  })
}

function missingSections(source: YamlSource, file: RawMap): Problem[] {
  const problems: Problem[] = []
  if (file.log === 'kafka' && file.kafka === undefined) {
    problems.push(source.problemAt(['log'], 'needs the section kafka — add kafka: { brokers: [host:9092] }'))
  }
  if (file.store === 'redis' && file.redis === undefined) {
    problems.push(
      source.problemAt(['store'], 'needs the section redis — add redis: { url: redis://host:6379 }'),
    )
  }
  return problems
}

function unknownReceivers(source: YamlSource, file: RawMap): Problem[] {
  const known = file.receivers === undefined ? ['console'] : namesOf(file.receivers)
  return asList(file.routes).flatMap((route, index) =>
    unknownNames(source, ['routes', index, 'receivers'], asMap(route).receivers, known, 'receiver'),
  )
}

function unknownOrgs(source: YamlSource, file: RawMap): Problem[] {
  return asList(file.routes).flatMap((route, index) =>
    unknownNames(
      source,
      ['routes', index, 'match', 'org'],
      asMap(asMap(route).match).org,
      namesOf(file.orgs),
      'org',
    ),
  )
}

function unknownNames(
  source: YamlSource,
  path: Path,
  names: unknown,
  known: readonly string[],
  what: string,
): Problem[] {
  return asList(names).flatMap((name, index) => {
    if (typeof name !== 'string' || known.includes(name)) return []
    const meant = nearestWord(name, known)
    const advice = meant ? `did you mean ${meant}?` : `there are ${known.join(', ') || 'none'}`
    return [source.problemAt([...path, index], `there is no ${what} ${name} — ${advice}`)]
  })
}

function redisAddress(source: YamlSource, file: RawMap): Problem[] {
  if (file.redis === undefined) return []
  const { url, url_file, cluster } = asMap(file.redis)
  const given = [url, url_file, cluster].filter((value) => value !== undefined)
  if (given.length === 1) return []
  return [source.problemAt(['redis'], 'needs url, url_file or cluster, and only one of them')]
}

type RawMap = Readonly<Record<string, unknown>>

function asMap(value: unknown): RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawMap) : {}
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function namesOf(list: unknown): string[] {
  return asList(list)
    .map((item) => asMap(item).name)
    .filter((name) => typeof name === 'string')
}

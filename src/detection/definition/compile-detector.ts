import { createHash } from 'node:crypto'
import { hour } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { memoizeByText } from '../activity/bounded-cache.ts'
import { detectionType } from '../activity/detection-activity.ts'
import { toText } from '../activity/payload.ts'
import { type Entity, type Level, levels } from '../detection.ts'
import { type FiringReader, firingReader } from './compile-firing.ts'
import type { Definition } from './definition-schema.ts'
import type { Detector, Escalation, Found } from './detector.ts'
import { activityField } from './fields.ts'
import { ofKind } from './of-kind.ts'
import { never, type Predicate } from './selection.ts'

/**
 * Turns a checked definition into what the engine runs; null for one that is disabled.
 * @param shipped how many of its overrides stand in the detector's own file: all, unless overlays have added some
 */
export function compileDetector(
  definition: Definition,
  shipped: number = definition.overrides.length,
): Detector | null {
  const { status, where, exceptions, windows, baseline, alert } = definition
  if (status === 'disabled') return null
  const isExempt = (activity: Activity) =>
    exceptions.some(({ match, expires }) => activity.time < expires && match.matches(activity))
  const firing = firingReader(definition, shipped)
  const interestIn = interestOf(definition, isExempt, firing.forKind)
  const ascending = [...new Set(windows)].sort((a, b) => a - b)
  return {
    id: definition.id,
    title: definition.title,
    description: definition.description,
    status,
    level: definition.level,
    tags: definition.tags,
    falsepositives: definition.falsepositives,
    runbook: alert.runbook,
    measureHash: measureHashOf(definition, ascending),
    wants: (activity) => where.matches(activity) && !isExempt(activity),
    interestIn,
    entityType: definition.entity.join(' + '),
    entityOf: entityReader(definition.entity),
    hits: definition.hits?.matches ?? null,
    idOf: idReader(definition.entity),
    measure: withUnit(definition),
    windows: ascending,
    baseline: {
      model: baseline.model,
      peersOf: peersReader(baseline.peers),
      halfLife: baseline.half_life,
      memory: baseline.memory,
      learning: baseline.learning,
    },
    when: definition.fires.when,
    firesFor: firing.firesFor,
    levelFor: levelReader(definition),
    escalations: definition.escalate.map(toEscalation),
    riskOf: (found) => (definition.risk ?? 20) * riskFactor[found],
    countsNews: /"(new|strange)_\w+"/.test(JSON.stringify(where.source)),
    watchesDetections: ofKind(where.source, 'detection', detectionType) !== never,
    alert: {
      repeat: alert.repeat,
      // What is in the longest window may fire again with any event: until it is empty the alert is not over.
      keepOpen: alert.keep_open ?? Math.max(hour, ascending.at(-1) ?? 0),
      summary: alert.summary ?? null,
      ...(alert.part_of && { partOf: alert.part_of }),
    },
  }
}

function withUnit({ measure, unit }: Definition): Detector['measure'] {
  return unit ? { ...measure, unitOfOne: unit[0], unit: unit[1] } : measure
}

/** Points by level: two weak signs of different kinds together weigh as much as a stronger one. */
const riskFactor: Readonly<Record<Level, number>> = {
  informational: 0.1,
  low: 0.5,
  medium: 1,
  high: 2,
  critical: 4,
}

function toEscalation(rule: Definition['escalate'][number]): Escalation {
  const { where, within, level, after, because = null, names = null } = rule
  const told = JSON.stringify([where.source, within, level, after])
  const id = createHash('sha256').update(told).digest('hex').slice(0, 12)
  return { id, matches: where.matches, within, after, level, because, names }
}

function interestOf(
  { where, escalate, exceptions }: Definition,
  isExempt: Predicate<Activity>,
  firesForKind: FiringReader['forKind'],
): Detector['interestIn'] {
  return (action, type, known = {}) => {
    const counts = ofKind(where.source, action, type, known)
    const escalations = escalate
      .map((rule) => ({ ...toEscalation(rule), matches: ofKind(rule.where.source, action, type, known) }))
      .filter(({ matches }) => matches !== never)
    if (counts === never && escalations.length === 0) return null
    const wants =
      exceptions.length === 0 ? counts : (activity: Activity) => counts(activity) && !isExempt(activity)
    return { wants, escalations, firesFor: firesForKind(action, type, known) }
  }
}

/** Of what keyed state depends on. Thresholds, levels, exceptions, half-life and words may change without a new start. */
function measureHashOf(
  { entity, measure, where, hits, baseline, fires: { when } }: Definition,
  windows: readonly number[],
): string {
  const measured = {
    entity,
    measure: measure.expression,
    where: where.source,
    windows,
    ...(when === 'below' ? { when } : {}),
    model: baseline.model,
    peers: baseline.peers,
    ...((measure.kind === 'ratio' || baseline.model === 'drift') && { hits: hits?.source }),
  }
  return createHash('sha256').update(JSON.stringify(measured)).digest('hex').slice(0, 16)
}

function entityReader(names: readonly string[]): Detector['entityOf'] {
  const [only = ''] = names
  if (names.length > 1) return combinedEntityReader(names)
  switch (only) {
    case 'user':
      return ({ user, username }) => (user === null ? null : toEntity('user', user, username))
    case 'actor':
      return ({ actor, user, username }) =>
        actor === null ? null : toEntity('actor', actor, actor === user ? username : null)
    case 'org':
      return ({ org }) => toEntity('org', org.id, org.name)
    default: {
      const read = textReader(only)
      return (activity) => {
        const id = read(activity)
        return id === null ? null : { type: only, id }
      }
    }
  }
}

function combinedEntityReader(names: readonly string[]): Detector['entityOf'] {
  const type = names.join(' + ')
  const idOf = idReader(names)
  return (activity) => {
    const id = idOf(activity)
    return id === null ? null : { type, id }
  }
}

function idReader(names: readonly string[]): Detector['idOf'] {
  const [only = ''] = names
  if (names.length > 1) {
    const readers = names.map(textReader)
    return (activity) => {
      const values = readers.map((read) => read(activity))
      return values.includes(null) ? null : values.join(' + ')
    }
  }
  if (only === 'user') return ({ user }) => user
  return only === 'org' ? ({ org }) => org.id : textReader(only)
}

function toEntity(type: string, id: string, name: string | null): Entity {
  return name === null || name === id ? { type, id } : { type, id, name }
}

/** Names of groups are made once, for there are few and every event asks for one. */
function peersReader(fields: readonly string[]): Detector['baseline']['peersOf'] {
  const readers = fields.map(peerReader)
  const nameOf = memoizeByText((values) => values)
  const [only] = readers
  if (!only) return (_, entity) => entity.type
  if (readers.length === 1) {
    const names = new Map<string, (value: string) => string>()
    return (activity, { type }) => {
      let name = names.get(type)
      if (!name) {
        name = memoizeByText((value) => `${type}, ${value}`)
        names.set(type, name)
      }
      return name(only(activity) ?? 'unknown')
    }
  }
  return (activity, { type }) =>
    nameOf([type, ...readers.map((read) => read(activity) ?? 'unknown')].join(', '))
}

/** People read the names of groups: `automated` and `not automated` instead of true and false. */
function peerReader(name: string): (activity: Activity) => string | null {
  const read = textReader(name)
  const no = `not ${name}`
  return (activity) => {
    const value = read(activity)
    if (value === 'true') return name
    return value === 'false' ? no : value
  }
}

function textReader(name: string): (activity: Activity) => string | null {
  const field = activityField(name)
  return 'unknown' in field ? () => null : (activity) => toText(field.read(activity))
}

function levelReader({ level, levels: conditions }: Definition): (found: Found) => Level {
  const highestFirst = levels.toReversed().flatMap((name) => {
    const condition = conditions[name]
    return condition ? [{ name, matches: condition.matches }] : []
  })
  return (found) => highestFirst.find(({ matches }) => matches(found))?.name ?? level
}

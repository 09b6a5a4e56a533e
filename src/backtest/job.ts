import { createManualClock } from '../clock.ts'
import type { EventRecord } from '../detection/activity/decode.ts'
import { compileDetectors, parseDetectors } from '../detection/definition/catalog.ts'
import { compileDetector } from '../detection/definition/compile-detector.ts'
import type { Definition } from '../detection/definition/definition-schema.ts'
import type { Detector } from '../detection/definition/detector.ts'
import type { DetectorTexts } from '../detection/definition/detector-texts.ts'
import type { Verdict } from '../detection/detection.ts'
import { day } from '../duration.ts'
import { createLogger, createSecretScrubber } from '../logger.ts'
import { createReplay, type Replay } from '../replay.ts'
import { type AlertRecord, toAlertRecord } from './alert-record.ts'
import { type Allowances, observeAllowances } from './allowances.ts'
import { readVariant, type Variant } from './variant.ts'

/** What is to be run over a history. Plain values, so that another thread can do it. */
export type JobSpec = {
  readonly texts: DetectorTexts
  /** Ids of the detectors to run; every one when absent. */
  readonly only?: readonly string[]
  /** The same detectors with one more overlay each, beside themselves. */
  readonly variants?: readonly Variant[]
  /** IANA time zones of orgs by name, and of those that are not named; without one an org's own, as far as the history tells. */
  readonly timeZones: Readonly<Record<string, string>>
  readonly timeZone?: string | undefined
}

export type JobResult = {
  readonly events: number
  readonly malformed: number
  /** Why the first ones are. */
  readonly reasons: readonly string[]
  /** Events by day (number of days since the epoch), of event time. */
  readonly days: ReadonlyMap<number, number>
  readonly alerts: readonly AlertRecord[]
  /** By detector; only of those that have any exception or override. */
  readonly allowances: ReadonlyMap<string, Allowances>
  /** Alerts that there would be without any exception, under the name of their detector. */
  readonly unexcepted: readonly AlertRecord[]
  /** What analysts said, in order. */
  readonly verdicts: readonly Verdict[]
}

const shownReasons = 5

/** Detectors and alerting over one history. */
export class Job {
  readonly #replay: Replay
  readonly #alerts = new Map<string, AlertRecord>()
  readonly #allowances = new Map<string, Allowances>()
  readonly #days = new Map<number, number>()
  readonly #reasons: string[] = []
  readonly #verdicts: Verdict[] = []
  #events = 0
  #malformed = 0

  constructor(spec: JobSpec) {
    const { timeZones, timeZone } = spec
    this.#replay = createReplay({
      detectors: { detectors: this.#detectorsOf(spec), hash: spec.texts.hash },
      timeZoneOf: (org) => timeZones[org] ?? timeZone,
      onAlert: (alert) => {
        this.#alerts.set(alert.id, toAlertRecord(alert, this.#alerts.get(alert.id)))
      },
      onRecord: (decoded) => {
        if ('kind' in decoded) {
          if (decoded.kind === 'verdict') this.#verdicts.push(decoded)
          return
        }
        const number = Math.floor(decoded.time / day)
        this.#days.set(number, (this.#days.get(number) ?? 0) + 1)
      },
      clock: createManualClock(),
      logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
    })
  }

  feed(record: EventRecord): void {
    const fed = this.#replay.feed(record)
    this.#events++
    if (fed.kind === 'processed') return
    this.#malformed++
    if (this.#reasons.length < shownReasons) this.#reasons.push(`event ${this.#events}: ${fed.reason}`)
  }

  result(): JobResult {
    const alerts = [...this.#alerts.values()]
    return {
      events: this.#events,
      malformed: this.#malformed,
      reasons: this.#reasons,
      days: this.#days,
      alerts: alerts.filter(({ detector }) => !detector.endsWith(unexcepted)),
      allowances: this.#allowances,
      verdicts: this.#verdicts,
      unexcepted: alerts
        .filter(({ detector }) => detector.endsWith(unexcepted))
        .map((alert) => ({ ...alert, detector: alert.detector.slice(0, -unexcepted.length) })),
    }
  }

  #detectorsOf({ texts, only, variants = [] }: JobSpec): readonly Detector[] {
    const read = parseDetectors(texts)
    const { detectors } = compileDetectors(read)
    const definitions = new Map(read.files.map(({ definition }) => [definition.id, definition]))
    const wanted = detectors.filter(({ id }) => only?.includes(id) ?? true)
    return [
      ...wanted.flatMap((detector) =>
        this.#withoutExceptions(detector, definitions.get(detector.id) as Definition),
      ),
      ...variants.flatMap((variant) => compileVariant(variant, texts) ?? []),
    ]
  }

  /** A detector with exceptions runs once more without, to see what they hid. */
  #withoutExceptions(detector: Detector, definition: Definition): readonly Detector[] {
    if (definition.exceptions.length + definition.overrides.length === 0) return [detector]
    const observed = observeAllowances(detector, definition)
    this.#allowances.set(detector.id, observed.allowances)
    if (definition.exceptions.length === 0) return [observed.detector]
    const bare = compileAside({ ...definition, id: `${detector.id}${unexcepted}`, exceptions: [] })
    return [observed.detector, ...(bare ? [bare] : [])]
  }
}

const unexcepted = ' without exceptions'

function compileVariant(variant: Variant, texts: DetectorTexts): Detector | null {
  const file = readVariant(variant, texts)
  return file ? compileAside({ ...file.definition, id: variant.name }) : null
}

/** As an experimental detector it adds nothing to what detectors that watch detections see. */
function compileAside(definition: Definition): Detector | null {
  return compileDetector({ ...definition, status: 'experimental' })
}

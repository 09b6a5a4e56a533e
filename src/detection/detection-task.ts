import { day, hour, minute } from '../duration.ts'
import type { LogRecord, TopicPartition } from '../log/log.ts'
import type { Metrics } from '../metrics.ts'
import { type DurableState, KeyedState } from '../stream/keyed-state.ts'
import type { Output, PartitionTask } from '../stream/task.ts'
import type { Activity, Decoded, OrgRecord } from './activity/activity.ts'
import { toDetectionActivity } from './activity/detection-activity.ts'
import { createZoneOffset, type ZoneOffset } from './algorithms/zone-offset.ts'
import { SeenEvents, type SeenEventsOptions } from './dedup/seen-events.ts'
import type { DetectorSet } from './definition/detector.ts'
import type { Detection, DetectionMessage, OrgRef, Risk, Verdict } from './detection.ts'
import { Enrichment } from './enrichment/enrichment.ts'
import { EntityTable } from './entities/entity-table.ts'
import { ReadAhead } from './read-ahead.ts'
import { teachingOf, Verdicts } from './verdicts.ts'
import { Watch } from './watching/watch.ts'

export type DetectionTaskOptions = {
  readonly partition: TopicPartition
  /** The detectors in force; asked before every record, so that they may be swapped at any time. */
  readonly detectors: () => DetectorSet
  /** What the configuration says about an org, by its name. Without a time zone the org's own counts, as far as it is known. */
  readonly orgSettings: (name: string) => { readonly timeZone?: string | undefined }
  readonly topics: { readonly detections: string }
  readonly decode: (record: LogRecord) => Decoded
  readonly metrics?: Metrics
  /** How many events are remembered, and how long. */
  readonly seen?: SeenEventsOptions
}

/**
 * The watermark stays so far behind the newest event of an org, ms: what comes later still is judged, but does not enter what
 * is learned. Channels lag behind each other, and a replay after an outage brings one channel after the other.
 */
export const lateness = 3 * hour

/**
 * How far an org has come; saved. `newestOf`: by event type, for each has a channel of its own and is replayed alone. `hasStored`:
 * there have been events that were not streamed but read from storage.
 */
type OrgProgress = {
  name: string
  newest: number
  minute: number
  newestOf?: Record<string, number>
  hasStored?: true
}
type Org = { ref: OrgRef; offset: ZoneOffset; watermark: number; behind: number; progress: OrgProgress }

/** The detection stage of one partition of topic `events`: events in, detections and progress out. */
export function createDetectionTask(options: DetectionTaskOptions): PartitionTask {
  return new DetectionTask(options)
}

class DetectionTask implements PartitionTask {
  readonly #options: DetectionTaskOptions
  readonly #ahead: ReadAhead
  readonly #seen: SeenEvents
  readonly #entities = new EntityTable()
  readonly #enrichment = new Enrichment(this.#entities)
  readonly #verdicts = new Verdicts()
  readonly #progress = new KeyedState<OrgProgress>('orgs')
  readonly #orgs = new Map<string, Org>()
  readonly #zones = new Map<string, ZoneOffset>()
  #set: DetectorSet | undefined
  readonly #watch = new Watch(this.#entities, (detection, risk) => this.#emitDetection(detection, risk))
  #states: readonly DurableState[] = []
  #output: Output | undefined
  /** Detections of the record at hand that have not been shown to the detectors that watch detections. */
  #found: Activity[] = []

  constructor(options: DetectionTaskOptions) {
    this.#options = options
    this.#ahead = new ReadAhead(options.decode)
    this.#seen = new SeenEvents(options.seen)
    this.#useDetectors()
  }

  get states(): readonly DurableState[] {
    return this.#states
  }

  restored(): void {
    this.#seen.restored()
    for (const [id, { name }] of this.#progress.entries()) this.#orgOf({ id, name })
  }

  prepare(records: readonly LogRecord[]): void {
    for (const decoded of this.#ahead.read(records)) {
      if (decoded !== null && !('kind' in decoded)) this.#enrichment.expect(decoded)
    }
    this.#enrichment.glanceAtExpected()
  }

  process(record: LogRecord, output: Output): void {
    this.#useDetectors()
    this.#output = output
    this.#take(this.#ahead.take(record), record.timestamp)
    this.#showFound()
    // The event counts as seen and will not come again: every detector has had it.
    const failure = this.#watch.takeFailure()
    if (failure) throw failure
  }

  #take(decoded: Decoded, appended: number): void {
    if ('kind' in decoded) {
      if (decoded.kind === 'directory') this.#enrichment.directory.note(decoded)
      else if (decoded.kind === 'verdict') this.#judge(decoded)
      else if (decoded.kind === 'app') this.#enrichment.facts.note(decoded)
      else if (decoded.kind === 'org') this.#noteOrg(decoded)
      else this.#advance(this.#orgOf(decoded.org), decoded.time, appended)
      return
    }
    const org = this.#orgOf(decoded.org)
    if (this.#isRepeated(decoded, org)) {
      this.#options.metrics?.records_duplicate_total.inc({ stage: 'detect' })
      return
    }
    this.#advance(org, decoded.time, appended)
    this.#enrichment.enrich(decoded, org.offset)
    this.#watch.show(decoded, org)
  }

  #noteOrg(record: OrgRecord): void {
    this.#enrichment.facts.note(record)
    const org = this.#orgs.get(record.org.id)
    if (org) org.offset = this.#zoneOf(org.ref)
  }

  /** Tells the detector what its episodes were, and alerting what was said. It moves no event time. */
  #judge(verdict: Verdict): void {
    if (!this.#verdicts.add(verdict)) return
    const org = this.#orgOf(verdict.org)
    const teaching = teachingOf(verdict.word)
    if (teaching !== null) this.#watch.judge(verdict, teaching, org)
    this.#emit(org.ref, verdict)
  }

  /** What was found comes back as activities, once the record has been processed. They lead to nothing that comes back. */
  #showFound(): void {
    if (this.#found.length === 0) return
    const found = this.#found
    this.#found = []
    for (const activity of found) {
      const org = this.#orgOf(activity.org)
      this.#enrichment.directory.introduce(activity)
      this.#watch.show(activity, org)
    }
  }

  /** Also an event that is streamed after it was read from storage, where it is known by its EventIdentifier alone. */
  #isRepeated({ identity, id, type, time }: Activity, { ref, progress }: Org): boolean {
    progress.newestOf ??= {}
    const newest = Math.max(progress.newestOf[type] ?? 0, time)
    if (newest !== progress.newestOf[type]) {
      progress.newestOf[type] = newest
      this.#progress.touch(ref.id)
    }
    if (identity === null) return false
    const isStored = identity.startsWith(type)
    if (isStored && !progress.hasStored) {
      progress.hasStored = true
      this.#progress.touch(ref.id)
    }
    if (!this.#seen.add(identity, time, newest)) return true
    return !isStored && progress.hasStored === true && this.#seen.has(`${type}/${id}`, time)
  }

  /** Event time of the org has come to `time`: once a minute its episodes are looked after and its progress is told. */
  #advance(org: Org, time: number, appended: number): void {
    const { progress } = org
    if (time <= progress.newest) return
    const previous = progress.newest
    progress.newest = time
    org.watermark = watermarkAt(time)
    org.behind = appended > 0 ? Math.max(0, appended - time) : 0
    this.#progress.touch(org.ref.id)
    const newMinute = Math.floor(time / minute)
    if (newMinute === progress.minute) return
    progress.minute = newMinute
    this.#watch.tick(org, time)
    this.#emit(org.ref, { kind: 'progress', org: org.ref, time })
    if (Math.floor(time / day) > Math.floor(previous / day)) this.#expire(time)
  }

  #expire(time: number): void {
    this.#enrichment.expire(time)
    this.#verdicts.expire(time)
    this.#watch.expire((id) => this.#orgs.get(id))
  }

  #emitDetection(found: Detection, risk: Risk | null): void {
    const detection = this.#enrichment.facts.explain(found)
    this.#emit(detection.org, detection)
    if (risk !== null) this.#found.push(toDetectionActivity(detection, risk))
  }

  #emit(org: OrgRef, message: DetectionMessage): void {
    this.#output?.emit(this.#options.topics.detections, { key: org.id, value: JSON.stringify(message) })
    if (message.kind !== 'detection') return
    this.#options.metrics?.detections_total.inc({ detector: message.detector.id, level: message.level })
  }

  #orgOf(ref: OrgRef): Org {
    const known = this.#orgs.get(ref.id)
    if (known && known.ref.name === ref.name) return known
    let progress = this.#progress.get(ref.id)
    if (!progress) {
      progress = { name: ref.name, newest: 0, minute: 0 }
      this.#progress.set(ref.id, progress)
    }
    const watermark = watermarkAt(progress.newest)
    const org = { ref, offset: this.#zoneOf(ref), watermark, behind: 0, progress }
    this.#orgs.set(ref.id, org)
    return org
  }

  #zoneOf(org: OrgRef): ZoneOffset {
    const timeZone =
      this.#options.orgSettings(org.name).timeZone ??
      this.#enrichment.facts.timeZoneOf(org) ??
      defaultTimeZone
    const offset = this.#zones.get(timeZone) ?? createZoneOffset(timeZone)
    this.#zones.set(timeZone, offset)
    return offset
  }

  /** Swaps the detectors when another set is in force. */
  #useDetectors(): void {
    const set = this.#options.detectors()
    if (set === this.#set) return
    this.#set = set
    this.#watch.use(set)
    this.#states = [
      this.#seen.state,
      ...this.#enrichment.states,
      this.#verdicts.state,
      this.#progress,
      ...this.#watch.states,
    ]
  }
}

/** Of an org that has not told its own, and for which none is configured. */
const defaultTimeZone = 'UTC'

/** In whole minutes: whatever follows the watermark then has something to do once a minute, and not with every event. */
function watermarkAt(newest: number): number {
  return Math.floor((newest - lateness) / minute) * minute
}

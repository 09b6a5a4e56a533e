import type { Action, Activity } from '../activity/activity.ts'
import type { DetectorRef, Entity, Level } from '../detection.ts'

export type Model = 'counts' | 'amounts' | 'ratio' | 'novelty' | 'drift' | 'decay' | 'none'

/** What a detector asks about activities of one kind: conditions that the kind decides are left out. */
export type Interest = Pick<Detector, 'wants' | 'escalations' | 'firesFor'>

/** A detector, compiled: what the engine needs and nothing of the file it came from. Immutable. */
export type Detector = {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly status: 'stable' | 'experimental'
  readonly level: Level
  readonly tags: readonly string[]
  readonly falsepositives: readonly string[]
  readonly runbook: string
  /** Hash of what is measured (entity, measure, where, windows, baseline): keyed state belongs to it. */
  readonly measureHash: string
  /** Whether the detector counts this activity: `where` holds and no exception in force at its time matches. */
  wants(activity: Activity): boolean
  /**
   * What of this it asks about activities with this action, of events of this type; null when none can matter to it. Detections
   * matter only to selections that name the action. `known`: further fields that all these activities have alike.
   */
  interestIn(action: Action, type: string, known?: Readonly<Record<string, unknown>>): Interest | null
  /** What kind of entity it watches, such as `user`; fields in a list are joined by ` + `. */
  readonly entityType: string
  /** Whom it belongs to; null when the activity lacks the field. */
  entityOf(activity: Activity): Entity | null
  /** The id of {@link entityOf} alone, which costs less. */
  idOf(activity: Activity): string | null
  readonly measure: Measure
  /** Lengths in ms, ascending. */
  readonly windows: readonly number[]
  readonly baseline: {
    readonly model: Model
    /** The peer group of an entity, such as `user, Standard`. */
    peersOf(activity: Activity, entity: Pick<Entity, 'type'>): string
    /** ms */
    readonly halfLife: number
    /** Novelty: how long a value is remembered, and how long an entity is only watched, ms. */
    readonly memory: number
    readonly learning: number
  }
  /** Novelty: the activities of which something new is looked for; drift: those that count. Null when it is all of them. */
  readonly hits: ((activity: Activity) => boolean) | null
  /** `above`: too much fires; `below`: too little, judged as event time goes on. */
  readonly when: 'above' | 'below'
  /** The firing rule for an activity's entity, overrides applied. */
  firesFor(activity: Activity): Firing
  /** Level by what was found: the highest of `levels:` whose conditions hold, else `level`. */
  levelFor(found: Found): Level
  /** What else the entity does that makes it worse. */
  readonly escalations: readonly Escalation[]
  /** Points that a detection of this level adds to the risk of its entity. */
  riskOf(level: Level): number
  /** Whether it is fed with detections of other detectors; its own are then fed to nobody. */
  readonly watchesDetections: boolean
  /** Counts only what is new for somebody: it sees nothing of what is usual in an org's first days. */
  readonly countsNews: boolean
  readonly alert: {
    readonly repeat: number
    readonly keepOpen: number
    readonly summary: string | null
    readonly partOf?: DetectorRef['partOf']
  }
}

export type Measure = {
  /** As in the file: `count`, `sum(rows)`, `distinct(user)`, `new(network, app)`. */
  readonly expression: string
  readonly kind: 'count' | 'sum' | 'distinct' | 'ratio' | 'new'
  /** Of `new`: the fields whose values may be new; none otherwise. */
  readonly fields: readonly {
    readonly name: string
    /** Its values name one thing, such as an application, and not a kind of behaviour: many may begin with it together. */
    readonly shareable: boolean
    read(activity: Activity): unknown
  }[]
  /** The amount (sum; 0 when absent) of an activity; 1 for a count. */
  amountOf(activity: Activity): number
  /** The value (distinct) of an activity; null when absent. */
  valueOf(activity: Activity): string | null
  /** In words for the sentence: `API calls`, `records`, `users`; of one, `API call`, where that is another word. */
  readonly unit: string
  readonly unitOfOne?: string
}

/** An activity of the same entity that raises the level of an open episode. */
export type Escalation = {
  /** Stays the same while the file says the same. */
  readonly id: string
  matches(activity: Activity): boolean
  /** Between it and a firing event, ms. */
  readonly within: number
  /** It counts only after the episode has fired; otherwise before it as well. */
  readonly after: boolean
  readonly level: Level
  /** In words, for the sentence. */
  readonly because: string | null
  /** The word under which the users are listed that did it; null where nobody is. */
  readonly names: string | null
}

export type Firing = {
  /** False alerts that the analyst accepts, per ms of event time, whole org. */
  readonly budget: number
  /** Never fires below this, whatever the statistics say. */
  readonly atLeast: number
  /** Always fires at or above this; Infinity when absent. */
  readonly alwaysAbove: number
  /** The same for single windows, by their length in ms. */
  readonly alwaysAboveIn?: ReadonlyMap<number, number>
  /** The overrides that say so, where any does. */
  readonly ruledBy?: RuledBy
  /** The same for single windows, by their length in ms. */
  readonly ruledByIn?: ReadonlyMap<number, RuledBy>
}

/** The override that rules a part of the firing rule. */
export type RuledBy = { readonly [Part in 'budget' | 'atLeast' | 'alwaysAbove']?: Ruling }

/** An override in words. Those of overlays are the reader's own; budgets of the others go with that of the detector, `budget`. */
export type Ruling = {
  readonly name: string
  readonly isShipped: boolean
  readonly budget: number
  /** Of whom or what it is, as the end of a sentence. */
  readonly because?: string
}

/** What `levels:` may ask about. */
export type Found = FoundByWatcher & EpisodeFacts

/** What `levels:` may ask about an episode. */
export type EpisodeFacts = {
  /** The events come at a fixed rhythm from one client and one network. */
  readonly steady: boolean
  /** From one to the next, ms; null unless steady. */
  readonly every: number | null
  /** How many different ones its events name, at most 32. */
  readonly networks: number
  readonly apps: number
  readonly users: number
  /**
   * Share of its events that came from where, and with what, their users are known to work, 0 to 1; of those that tell. Null
   * when none of them does.
   */
  readonly familiarity: number | null
  /** Share of what it consists of that the same query had brought before, 0 to 1: asked again after a failure, it takes nothing more. */
  readonly repeated: number
}

/** The part of it that does not depend on the episode. */
export type FoundByWatcher = {
  readonly observed: number
  readonly expected: number
  readonly ratio: number
  /** log10 of α/p: how far beyond the threshold, in powers of ten. */
  readonly excess: number
  readonly window: number
  /** What is expected of the longest window, and by what factor it is exceeded; null where that cannot be judged. */
  readonly whole: { readonly expected: number; readonly ratio: number } | null
  /** By what factor it exceeds the most that the entity had in such a window on a day before; null where there is none. */
  readonly ownRatio?: number | null
  /** Of slow growth: `ratio` by the growth of the entity's other work; null or absent where that is not known. */
  readonly unexplained?: number | null
  /** Of slow growth: the share of the days of work since it began on which more was done than usual. */
  readonly growing?: number
  readonly activity: Activity
}

/** The detector that a watcher works for, and the hash of its set. Another that measures the same may take its place. */
export type InForce = { detector: Detector; set: string }

/** A loaded set of detectors; swapped whole on reload. */
export type DetectorSet = {
  readonly detectors: readonly Detector[]
  /** Hash of every file's content. */
  readonly hash: string
}

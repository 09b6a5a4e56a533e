/** What a detector emits. A value of topic `detections` is one {@link DetectionMessage} as JSON; its key is the org id. */
export type DetectionMessage = Detection | Progress | Verdict

/** Event time of an org has come this far (ms). Sent about once a minute of event time, so that alerts resolve. */
export type Progress = { readonly kind: 'progress'; readonly org: OrgRef; readonly time: number }

/** What an analyst may say about an alert. `expected`: it is known and will come again. */
export const verdictWords = [
  'true_positive',
  'false_positive',
  'benign',
  'expected',
  'duplicate',
  'test',
] as const
export type VerdictWord = (typeof verdictWords)[number]

export function isVerdictWord(word: unknown): word is VerdictWord {
  return (verdictWords as readonly unknown[]).includes(word)
}

/** An analyst's verdict about an alert, on its way from the log to the alert. */
export type Verdict = {
  readonly kind: 'verdict'
  /** Unique; equal when it is sent again. */
  readonly id: string
  readonly org: OrgRef
  /** Id of the alert, its detector and entity, and the episodes that it consists of. */
  readonly alert: string
  readonly detector: string
  readonly entity: { readonly type: string; readonly id: string }
  readonly episodes: readonly string[]
  readonly word: VerdictWord
  /** When it was given, ms. */
  readonly time: number
  /** Who gave it. */
  readonly by: string | null
  readonly note: string | null
}

export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Level = (typeof levels)[number]

/** -1, 0 or 1: whether `a` is lower than, equal to or higher than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return Math.sign(levels.indexOf(a) - levels.indexOf(b))
}

export type OrgRef = {
  /** 18-character organisation id. */
  readonly id: string
  /** The name that the configuration gives it. */
  readonly name: string
}

/** What a detection adds to the risk of its entity. */
export type Risk = { readonly points: number; readonly fact: Fact | null }

/** An amount that was added up from `since` (ms) on, such as `sum(rows)`: what counts the same at the same time tells the same. */
export type Fact = { readonly sum: string; readonly since: number }

/** Why a detector may fire: see {@link Detection}. */
export const reasons = ['threshold', 'ceiling', 'event'] as const

export type Entity = {
  /** `user`, `ip`, `network`, `session`, `app`, `org`, or the name(s) of the field(s) that the detector groups by. */
  readonly type: string
  readonly id: string
  /** What a person calls it, such as the username of a user id. Absent when it is no better than the id. */
  readonly name?: string
}

export type Detection = {
  readonly kind: 'detection'
  /** Hash of org, detector, entity, episode and sequence: equal whenever the same records are processed again. */
  readonly id: string
  /** Hash of org, detector, entity and start of the episode: equal for all detections of one uninterrupted excess. */
  readonly episode: string
  /** 0 for the detection that opens the episode, then counting up. */
  readonly sequence: number
  readonly org: OrgRef
  readonly detector: DetectorRef
  readonly entity: Entity
  readonly level: Level
  /** Event time of the event that fired it, ms. */
  readonly time: number
  /** The window, [start, end) in ms; `end` may lie in the future: it fires while the window is filling. */
  readonly window: { readonly length: number; readonly start: number; readonly end: number }
  /** What was counted: `count`, `sum(rows)`, … with its unit in words, such as `API calls`, `record`, `of files`. */
  readonly measure: { readonly expression: string; readonly unit: string }
  readonly observed: number
  /** Event times, ms, between which (nearly) all of what was observed came, where that is known better than by the window. */
  readonly span?: { readonly since: number; readonly until: number }
  readonly statistics: Statistics | null
  /** From how much on it always fires, where something does. */
  readonly limit?: number
  /** Why it fired. `threshold`: improbable; `ceiling`: always_above was passed; `event`: a single event (passthrough). */
  readonly reason: (typeof reasons)[number]
  /** One sentence for a person. */
  readonly summary: string
  /** What else a person may want to know about the why, a line each, the most important first. */
  readonly explanation: readonly { readonly label: string; readonly value: string }[]
  /** The event that fired it, for triage: selected canonical and raw fields. */
  readonly trigger: EventSample
  /** Up to 20 identifiers of events in the window, oldest first. */
  readonly samples: readonly string[]
  /** What the observed amount consists of, largest first, such as objects, networks, apps or queries. */
  readonly contributors: readonly { readonly field: string; readonly value: string; readonly share: number }[]
  /** True when the event was stored before the org was watched: it teaches, but nobody is notified. */
  readonly backfill: boolean
}

export type DetectorRef = {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly falsepositives: readonly string[]
  readonly runbook: string
  readonly status: 'stable' | 'experimental'
  /** Hash of the set of detectors in force. */
  readonly set: string
  /** How long the alert stays one and the same after it resolved, ms (`alert.repeat`). */
  readonly repeat: number
  /** Quiet time after which the alert resolves, ms: `alert.keep_open`, else the longest window. */
  readonly keepOpen: number
  /** Detectors whose open alert about the same tells this one as well (`alert.part_of`). */
  readonly partOf?: 'any' | readonly string[]
}

/** The models that give a probability. */
export const judgingModels = ['counts', 'amounts', 'novelty', 'drift', 'ratio'] as const

/** Everything needed to compute the probability again. */
export type Statistics = {
  readonly model: (typeof judgingModels)[number]
  /** Expected value, usual range (middle 90 %), and observed / expected. */
  readonly expected: number
  readonly low: number
  readonly high: number
  readonly ratio: number
  /** log10 of the tail probability by the model, and calibrated and with regard to the entity's recurring peak (the one that decides). */
  readonly log10pModel: number
  readonly log10p: number
  /** By chance once in so many ms over all entities of the org. */
  readonly onceIn: number
  /** p below which the detector fires (from the alert budget). */
  readonly threshold: number
  /** With a smaller alert budget than this (false alerts a week) the detector would not have fired by improbability. */
  readonly quietBudget?: number
  /** Entities of the org that the detector watches, and those among the peers. */
  readonly entities?: number
  readonly peerCount?: number
  /** The most that the entity had in such a window on a day before, fading; 0 or absent: nothing is remembered. */
  readonly largest?: number
  /** The most that the baseline learns of one window, however much it holds. */
  readonly learnable?: number
  /** How long this entity has been known, ms, and the weight of its peers in the expectation, 0 to 1. */
  readonly history: number
  readonly peerWeight: number
  readonly peers: string
  /** Hour-of-week factor of the window. */
  readonly hourFactor: number
  /**
   * The model's parameters by name (counts: mu, phi, a, b, x, r; amounts: location, scale,
   * df, n; ratio: alpha, beta, trials, unrest; drift: before, day, mu, phi and most, which make the evidence of the last day, and expected, days), of the calibration (u, pi, xi, sigma: the tail of the peer group's scores −log10 p above u); and `peak`, what the
   * entity has reached in such a window on two other days; how often a day the whole org's windows are looked at (looks), and how
   * many false alarms a day are accepted (budget) from each of the parts into which the detector's budget is divided (shares).
   */
  readonly parameters: Readonly<Record<string, number>>
}

/** The event behind a detection, reduced to what helps a person. Absent fields were null. */
export type EventSample = {
  readonly id: string
  readonly type: string
  readonly time: number
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

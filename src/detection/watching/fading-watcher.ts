import { day, hour, minute } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import { numberOf, textOf } from '../activity/payload.ts'
import {
  addPoints,
  createFadingSum,
  type FadingSum,
  partsAt,
  totalAt,
  type Weighed,
} from '../baseline/fading-sum.ts'
import type { VerdictWord } from '../baseline/incidents.ts'
import type { InForce } from '../definition/detector.ts'
import type { Fact } from '../detection.ts'
import { type EmitDetection, Episodes, type UnrankedFinding } from '../firing/episodes.ts'
import { fires, type Verdict } from '../firing/evaluate.ts'
import { sampleOf } from '../firing/evidence.ts'
import { formatAmount, formatSpan } from '../firing/format.ts'
import type { OrgTime } from '../org-time.ts'
import { paneAt } from '../window/window.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from './watcher.ts'

/** What weighs less than this part of a point is forgotten. */
const weightless = 0.01
/** So many characters of what a part says are kept. */
const longestTold = 160
/** An episode is over when nothing has been added for so long, ms. */
const quietFor = day

/**
 * Watches a sum that fades: model `decay`. What was added weighs half after the half-life; the same detector adds to it only
 * once, until its points have faded, and of those that added up the same the one with the most points does. It needs no window;
 * the longest one says how far back it is described.
 */
export class FadingWatcher implements Watcher {
  readonly #sums: KeyedState<FadingSum>
  readonly episodes: Episodes
  readonly #inForce: InForce

  constructor(inForce: InForce, emit: EmitDetection) {
    const prefix = sectionPrefix(inForce.detector)
    this.#inForce = inForce
    this.#sums = new KeyedState(`${prefix}sums`)
    this.episodes = new Episodes({ prefix, inForce, explain: () => null, emit })
  }

  get states(): readonly DurableState[] {
    return [this.#sums, ...this.episodes.states]
  }

  process(activity: Activity, org: OrgTime): void {
    const { detector } = this.#inForce
    const entity = detector.entityOf(activity)
    const amount = detector.measure.amountOf(activity)
    if (!entity || !(amount > 0)) return
    const key = entityKey(org.ref, entity.id)
    const { halfLife } = detector.baseline
    const sum = this.#sums.get(key) ?? createFadingSum(activity.time)
    const source = textOf(activity.raw, 'detector') ?? ''
    addPoints(
      sum,
      { source, points: amount, time: activity.time, fact: factOf(activity), ...wordsOf(activity) },
      halfLife,
    )
    this.#sums.set(key, sum)
    const verdict = this.#judge(activity, totalAt(sum, activity.time, halfLife))
    const finding = fires(verdict) ? this.#toFinding(verdict, activity, sum) : null
    this.episodes.take(key, { activity, entity, org, amount, finding })
  }

  tick(org: OrgTime, time: number): void {
    this.episodes.tick(org, time)
  }

  /** Whatever an analyst says about it, what led to it has been judged: it starts from nothing again. */
  verdict(_episode: string, key: string, _verdict: VerdictWord, _org: OrgTime): void {
    this.#sums.delete(key)
  }

  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const watermarkOf = (key: string) => orgOf(orgIdOf(key))?.watermark
    const { halfLife } = this.#inForce.detector.baseline
    for (const [key, sum] of this.#sums.entries()) {
      const watermark = watermarkOf(key)
      if (watermark !== undefined && totalAt(sum, watermark, halfLife) < weightless) this.#sums.delete(key)
    }
    this.episodes.expire(watermarkOf)
  }

  #judge(activity: Activity, total: number): Verdict {
    const { windows, firesFor } = this.#inForce.detector
    const firing = firesFor(activity)
    const length = windows.at(-1) ?? day
    const { time } = activity
    return {
      k: 0,
      length,
      start: time - length,
      end: time,
      pane: paneAt(time, length),
      observed: Math.round(total * 10) / 10,
      judgement: null,
      log10p: 0,
      tail: null,
      peak: 0,
      budget: 0,
      threshold: 0,
      looks: 0,
      excess: 0,
      limit: Math.min(firing.atLeast, firing.alwaysAbove),
      reason: total >= firing.atLeast || total >= firing.alwaysAbove ? 'ceiling' : 'watching',
      ...(firing.ruledBy && { ruledBy: firing.ruledBy }),
      longest: quietFor,
    }
  }

  #toFinding(verdict: Verdict, activity: Activity, sum: FadingSum): UnrankedFinding {
    const { observed, length: window, reason } = verdict
    const sample = sampleOf(activity)
    const parts = partsAt(sum, activity.time, this.#inForce.detector.baseline.halfLife)
    const fields = {
      ...sample.fields,
      detectors: parts.map(({ source }) => source).join(', '),
      signs: parts
        .map(({ source, part }) => `${part.title ?? source} (${formatAge(activity.time - part.time)})`)
        .join(', '),
      parts: parts.map((one) => formatPart(one, activity.time)).join('; '),
    }
    return {
      verdict: { ...verdict, reason: reason === 'watching' ? 'ceiling' : reason },
      found: { observed, expected: 0, ratio: 0, excess: 0, window, activity, whole: null },
      time: activity.time,
      trigger: { ...sample, fields },
      backfill: activity.backfill,
      known: { since: sum.since, peers: '' },
    }
  }
}

/** `bulk-export 20 (now): ann@acme.example: 12,000 records`, `failed-logins 8.5 (5 h before): …`. */
function formatPart({ source, part, weight }: Weighed, time: number): string {
  const head = `${source} ${formatAmount(weight)} (${formatAge(time - part.time)})`
  return part.told === undefined ? head : `${head}: ${part.told}`
}

function formatAge(age: number): string {
  return age < minute ? 'now' : `${formatSpan(roundTo(age))} before`
}

/** In whole minutes, hours or days. */
function roundTo(age: number): number {
  const unit = age < hour ? minute : age <= day ? hour : day
  return Math.round(age / unit) * unit
}

/** What its detector watches, and what it found, in words. */
function wordsOf({ raw, username, user }: Activity): { readonly title?: string; readonly told?: string } {
  const title = textOf(raw, 'title')
  const sentence = textOf(raw, 'summary')
  // Whom it is about says the alert.
  const who = `${username ?? user}: `
  const told = sentence?.startsWith(who) ? sentence.slice(who.length) : sentence
  return { ...(title !== null && { title }), ...(told != null && { told: firstPartsOf(told) }) }
}

/** As many of the parts between semicolons as there is room for. */
function firstPartsOf(sentence: string): string {
  if (sentence.length <= longestTold) return sentence
  const cut = sentence.slice(0, longestTold)
  const end = cut.lastIndexOf('; ')
  return end > 0 ? cut.slice(0, end) : `${cut}…`
}

function factOf({ raw, time }: Activity): Fact | undefined {
  const sum = textOf(raw, 'sum')
  return sum === null ? undefined : { sum, since: numberOf(raw, 'since') ?? time }
}

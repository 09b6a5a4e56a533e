import type { ZoneOffset } from './algorithms/zone-offset.ts'
import type { OrgRef } from './detection.ts'

/** An org as the detectors need it: who it is, its clock, and how far its event time has come (ms). */
export type OrgTime = {
  readonly ref: OrgRef
  readonly offset: ZoneOffset
  readonly watermark: number
  /** How long after it happened the record at hand was appended, ms; 0 or absent where nobody knows. Much in a backlog. */
  readonly behind?: number
}

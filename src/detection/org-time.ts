import type { ZoneOffset } from './algorithms/zone-offset.ts'
import type { OrgRef } from './detection.ts'

/** An org as the detectors need it: who it is, its clock, and how far its event time has come (ms). */
export type OrgTime = { readonly ref: OrgRef; readonly offset: ZoneOffset; readonly watermark: number }

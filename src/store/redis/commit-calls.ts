import type { StateChange } from '../state-store.ts'

/** What one call of the commit script does to one section: drop, then delete, then put. */
export type SectionPart = {
  readonly section: string
  drop: boolean
  readonly deletes: string[]
  /** Key, value, key, value, … */
  readonly puts: (string | Buffer)[]
}

/** The most that one call carries. A single larger entry travels alone. */
export type CallLimits = { readonly entries: number; readonly bytes: number }

/** Redis reads a call's arguments whole into memory and Lua's tables, so calls are kept to a moderate size. */
const defaultLimits: CallLimits = { entries: 2000, bytes: 8 * 1024 * 1024 }

/**
 * Cuts a change into calls of the commit script, in the order in which they must run. There is always at least one,
 * since an empty change must check the fence too.
 */
export function toCommitCalls(change: StateChange, limits: CallLimits = defaultLimits): SectionPart[][] {
  const calls: SectionPart[][] = [[]]
  let entries = 0
  let bytes = 0

  function partFor(section: string, size: number): SectionPart {
    if (entries > 0 && (entries >= limits.entries || bytes + size > limits.bytes)) {
      calls.push([])
      entries = 0
      bytes = 0
    }
    entries += 1
    bytes += size
    const call = calls.at(-1) ?? []
    const last = call.at(-1)
    if (last?.section === section) return last
    const part: SectionPart = { section, drop: false, deletes: [], puts: [] }
    call.push(part)
    return part
  }

  for (const { section, drop, deletes, puts } of bySection(change)) {
    if (drop) partFor(section, 0).drop = true
    for (const key of deletes) partFor(section, key.length).deletes.push(key)
    for (let i = 0; i < puts.length; i += 2) {
      const [key, value] = [puts[i] as string, puts[i + 1] as Buffer]
      partFor(section, key.length + value.length).puts.push(key, value)
    }
  }
  return calls
}

function bySection({ puts, deletes = [], drops = [] }: StateChange): Iterable<SectionPart> {
  const sections = new Map<string, SectionPart>()
  const partOf = (section: string): SectionPart => {
    const part = sections.get(section) ?? { section, drop: false, deletes: [], puts: [] }
    sections.set(section, part)
    return part
  }
  for (const section of drops) partOf(section).drop = true
  for (const { section, key } of deletes) partOf(section).deletes.push(key)
  for (const { section, key, value } of puts) partOf(section).puts.push(key, value)
  return sections.values()
}

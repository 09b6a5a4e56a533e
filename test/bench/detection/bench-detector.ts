import { compileDetector } from '../../../src/detection/definition/compile-detector.ts'
import type { DetectorSet } from '../../../src/detection/definition/detector.ts'
import { parseDetector } from '../../../src/detection/definition/parse-detector.ts'
import { formatProblem } from '../../../src/yaml-source.ts'

/** What the schema asks of every file; the evaluation does not run it. */
const formalities = `
title: detector of the evaluation
level: medium
description: made for one measurement
alert: { runbook: 1. Read the evaluation. }
tests:
  - { name: quiet, given: [{ event: LogoutEvent }], expect: none }
  - { name: fires, given: [{ event: LogoutEvent }], expect: [{ entity: u1 }] }
`

/** Compiles detectors from the part of their YAML that matters to a measurement. @throws when one is not in order */
export function compileDetectors(sources: Readonly<Record<string, string>>): DetectorSet {
  const detectors = Object.entries(sources).map(([id, yaml]) => {
    const parsed = parseDetector(`${id}.yaml`, `id: ${id}\n${yaml.trim()}\n${formalities}`)
    if (parsed.kind === 'invalid') throw new Error(parsed.problems.map(formatProblem).join('\n'))
    const detector = compileDetector(parsed.definition)
    if (!detector) throw new Error(`detector ${id} is disabled`)
    return detector
  })
  return { detectors, hash: 'evaluation' }
}

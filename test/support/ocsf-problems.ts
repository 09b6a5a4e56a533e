import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'

const schemaFile = new URL('../fixtures/ocsf-2004-1.8.0.schema.json', import.meta.url)
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')),
)

/** What a finding breaks of OCSF's schema of Detection Findings, version 1.8.0. */
export function ocsfProblems(finding: unknown): readonly unknown[] {
  validate(finding)
  return validate.errors ?? []
}

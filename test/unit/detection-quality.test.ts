import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allCases } from '../bench/detection/cases/all.ts'
import { reportFile, sectionTitles } from '../bench/detection/report.ts'

const report = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : ''
const sections = report.split(/^(?=## )/m).slice(1)

describe('docs/detection-quality.md', () => {
  test('has every section that `npm run bench` measures, in its order', () => {
    expect(sections.map((section) => section.slice(3, section.indexOf('\n')))).toEqual([...sectionTitles])
  })

  test.each(sectionTitles.map((title, index) => [title, index] as const))(
    '%s: every figure with a bound says whether it holds',
    (_, index) => {
      const rows = (sections[index] ?? '')
        .split('\n')
        .filter((line) => line.startsWith('| ') && !line.startsWith('| |'))
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) expect(row).toMatch(/\|\s*\|\s*\|$|\| (holds|\*\*fails\*\*) \|$/)
    },
  )

  test('names every case that is played', () => {
    expect(allCases.filter(({ title }) => !report.includes(title)).map(({ id }) => id)).toEqual([])
  })

  test('the README links it', () => {
    expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain(
      '(docs/detection-quality.md)',
    )
  })
})

test('every case has an id of its own', () => {
  const ids = allCases.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

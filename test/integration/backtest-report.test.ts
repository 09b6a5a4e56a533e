import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Comparison, type DetectorComparison, totalOf } from '../../src/backtest/comparison.ts'
import { toHtml } from '../../src/backtest/report/html.ts'
import { day } from '../../src/duration.ts'
import { chromiumPath } from '../support/browser.ts'
import { alertRecord, start } from '../unit/backtest/histories.ts'

const executablePath = chromiumPath()
const period = { from: start, to: start + 60 * day }
const summary =
  'svc.integration.warehouse@acme-subsidiary.example: 1,240,000 records in 24h; expected 41,000 (usual 12,000–90,000), 30× the expected'
const before = [3, 9, 40].map((number) => alertRecord({ openedAt: start + number * day, summary }))
const after = [9, 40, 59].map((number) =>
  alertRecord({ openedAt: start + number * day, summary, level: 'high' }),
)

describe.skipIf(!executablePath)('the report of a backtest in a real browser', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    })
  })

  afterAll(async () => {
    await browser?.close()
  })

  async function open(width: number): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 } })
    await page.setContent(toHtml(comparison()))
    return page
  }

  test.each([390, 700, 1280])('fits a window of %i px', async (width) => {
    const page = await open(width)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    const boxes = await page.locator('td.text').all()
    expect(boxes.length).toBeGreaterThan(0)
    for (const box of boxes) expect((await box.boundingBox())?.width).toBeGreaterThan(300)
    await page.close()
  })

  test('shows the newest days and the numbers of both sets in a narrow window', async () => {
    const page = await open(390)
    const newest = page.locator('.chart .hit').nth(59)
    const scale = page.locator('.chart .tick').first()
    for (const part of [newest, scale, page.locator('thead th').last()]) {
      const box = await part.boundingBox()
      expect(box?.x).toBeGreaterThan(0)
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan(390)
    }
    expect(await page.locator('td.bars').first().isVisible()).toBe(false)
    await page.close()
  })

  test('shows all days and the bars in a wide window', async () => {
    const page = await open(1280)
    expect((await page.locator('.chart .hit').first().boundingBox())?.x).toBeGreaterThan(0)
    expect(await page.locator('td.bars').first().isVisible()).toBe(true)
    await page.close()
  })
})

function comparison(): Comparison {
  const detectors = ['credential-stuffing-share', 'bulk-export', 'first-bulk-download']
  return {
    period,
    events: 1_000_000,
    malformed: 0,
    current: totalOf(before, period),
    candidate: totalOf(after, period),
    detectors: detectors.map((id, index) => detector(id, index === 0)),
    lostVerdicts: [],
    verdicts: 0,
  }
}

function detector(id: string, differs: boolean): DetectorComparison {
  const [current, candidate] = differs ? [before, after] : [[], []]
  return {
    detector: id,
    title: 'Unusual number of records leaving the org',
    change: differs ? 'changed' : 'same',
    status: { current: 'stable', candidate: differs ? 'experimental' : 'stable' },
    current: totalOf(current, period),
    candidate: totalOf(candidate, period),
    appear: candidate.slice(2),
    disappear: current.slice(0, 1),
    levelChanges: candidate
      .slice(0, 2)
      .map((alert, index) => ({ current: current[index + 1] ?? alert, candidate: alert })),
    topEntities: [],
    exceptions: [],
    overrides: [],
  }
}

import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAlertBoard } from '../../src/alerting/alert-board.ts'
import { applyTime } from '../../src/alerting/lifecycle.ts'
import { createManualClock } from '../../src/clock.ts'
import { hour } from '../../src/duration.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createWeb } from '../../src/web/web.ts'
import { chromiumPath } from '../support/browser.ts'
import { detector, makeAlert, startTime } from '../support/make-detection.ts'

const executablePath = chromiumPath()

describe.skipIf(!executablePath)('the page in a real browser', () => {
  const board = createAlertBoard()
  const judged: unknown[] = []
  const web = createWeb({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics(),
    ready: () => ({ ready: true, reasons: [] }),
    reload: async () => undefined,
    judge: async (alert, verdict) => void judged.push([alert.id, verdict]),
    alerts: board,
    clock: createManualClock(startTime + 2 * hour),
    logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
  })
  const troubles: string[] = []
  let url: string
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    ;({ url } = await web.start())
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ],
    })
    page = await browser.newPage()
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('console', (line) => line.type() === 'error' && troubles.push(line.text()))
  })

  afterAll(async () => {
    await browser?.close()
    await web.stop()
  })

  test('says that nothing is open', async () => {
    await page.goto(url)
    await page.getByText('No open alert.').waitFor()
    await page.getByText('watching').waitFor()
  })

  test('shows who did what, and unfolds why and what to do', async () => {
    board.update(makeAlert())
    await page.goto(url)
    const alert = page.locator('#open details').first()
    await alert.getByText('jane@acme.example').first().waitFor()
    await alert.locator('summary').first().click()
    await alert.getByText('Ask the user.').waitFor()
    await alert.getByText('far more records than this user and their peers').waitFor()
    expect(await page.title()).toBe('(1) Forcewatch')
  })

  test('opens the alert that a notification links to', async () => {
    await page.goto(`${url}/#alert-${makeAlert().id}`)
    await page.getByText('Revoke the session.').waitFor()
  })

  test('says what is new and what the expectation rests on', async () => {
    const alert = page.locator('#open details').first()
    await alert.getByText('first seen for this user: network, client').waitFor()
    await alert.getByText('14 days of its own (90 %)').waitFor()
    await alert.getByText('Jane Doe · Sales User').waitFor()
  })

  test('takes a verdict', async () => {
    const verdict = page.locator('#open details .verdict').first()
    await verdict.locator('select').selectOption('expected')
    await verdict.getByPlaceholder('Why').fill('a load test')
    await verdict.getByPlaceholder('Your name').fill('ann')
    await verdict.getByRole('button').click()
    await verdict.getByText('Noted.').waitFor()
    expect(judged).toEqual([[makeAlert().id, { word: 'expected', by: 'ann', note: 'a load test' }]])
  })

  test('opens the alert that is linked when the page was open before it', async () => {
    const late = makeAlert({ episode: 'late', level: 'low' })
    await page.goto(url)
    await page.evaluate(`location.hash = 'alert-${late.id}'`)
    board.update(late)
    await page.locator('#open details[open]', { hasText: 'low' }).waitFor()
    board.remove(late.id)
  })

  test('marks what an experimental detector found, and counts it for nothing', async () => {
    const experimental = makeAlert({
      episode: 'experimental',
      level: 'critical',
      detector: { ...detector, status: 'experimental' },
    })
    board.update(experimental)
    await page.goto(url)
    await page.locator('#open .badge').getByText('experimental').waitFor()
    expect(await page.title()).toBe('(1) Forcewatch')
    expect(await page.locator('#open-count').textContent()).toBe('1')
    expect(await page.locator('#levels li').allTextContents()).toEqual([
      '1 high',
      '1 experimental: being tried out, nobody is told and no level counts it',
    ])
    expect(await page.locator('#open .level').allTextContents()).toEqual(['high', 'critical'])
    board.remove(experimental.id)
  })

  test('parts a description into paragraphs, and a runbook by its steps alone', async () => {
    const words = {
      description: 'What it watches.\nFrom where on.',
      runbook: '1. Ask\n   the user.\n2. See:\n   - the network',
    }
    const wordy = makeAlert({ episode: 'wordy', detector: { ...detector, ...words } })
    board.update(wordy)
    await page.goto(url)
    const alert = page.locator('#open details', { hasText: 'What it watches.' })
    await alert.waitFor()
    expect(await alert.locator('.paragraphs p').allTextContents()).toEqual(words.description.split('\n'))
    expect(await alert.locator('.runbook').textContent()).toBe('1. Ask the user.\n2. See:\n   - the network')
    board.remove(wordy.id)
  })

  test('moves a resolved alert away from the open ones', async () => {
    const resolved = applyTime(makeAlert(), startTime + 3 * hour)
    if (resolved) board.update(resolved.alert)
    await page.goto(url)
    await page.locator('#recent').getByText('jane@acme.example').first().waitFor()
    await page.getByText('No open alert.').waitFor()
  })

  test('shows hostile names as text and runs nothing of them', async () => {
    const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    board.update(makeAlert({ entity: { type: 'user', id: '005000000000001AAA', name }, episode: 'hostile' }))
    await page.goto(url)
    await page.locator('#open').getByText('<img src=x').first().waitFor()
    expect(await page.locator('#open img, #open script').count()).toBe(0)
    expect(await page.title()).toBe('(1) Forcewatch')
  })

  test('never made the browser complain', () => {
    expect(troubles).toEqual([])
  })
})

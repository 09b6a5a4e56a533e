import { describe, expect, test } from 'vitest'
import { createLogger, createSecretScrubber, type LoggingOptions } from '../../src/logger.ts'

function capture(format: LoggingOptions['format'] = 'json') {
  const lines: string[] = []
  const scrubber = createSecretScrubber()
  const logger = createLogger({ level: 'info', format }, scrubber, { write: (line) => lines.push(line) })
  return { lines, logger, scrubber }
}

describe.each(['json', 'text'] as const)('a secret never reaches the %s log', (format) => {
  test.each([
    ['in a message', 'message'],
    ['in a field', 'field'],
    ['in an error', 'error'],
    ['in the cause of an error', 'cause'],
  ] as const)('%s', (_name, place) => {
    const { lines, logger, scrubber } = capture(format)
    const secret = 'p"ss\\wörd/with?all'
    scrubber.add(secret)
    const text = `login with ${secret} failed at https://x.example/?key=${encodeURIComponent(secret)}`
    if (place === 'message') logger.info(text)
    if (place === 'field') logger.info({ url: text, deep: { list: [text] } }, 'x')
    if (place === 'error') logger.error({ err: new Error(text) }, 'x')
    if (place === 'cause') logger.error({ err: new Error('x', { cause: new Error(text) }) }, 'x')
    expect(lines).toHaveLength(1)
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      expect(lines.join()).not.toContain(form)
    }
    if (place !== 'cause') expect(lines.join()).toContain('<secret>')
  })

  test.each([
    'https://hooks.slack.com/services/T0000/B0000/abcdefghijkl',
    'Authorization: Bearer 00Dxx0000001gPL!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL_QJWwYMfAbUeeG7c1E6',
    '00Dxx0000001gPL!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL_QJWwYMfAbUeeG7c1E6',
    'redis://user:topsecret@host:6379/0',
    '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----',
  ])('that nobody registered but that looks like one: %s', (text) => {
    const { lines, logger } = capture(format)
    logger.warn({ detail: text }, text)
    expect(lines.join()).not.toMatch(/abcdefghijkl|AQcAQH|topsecret|MIIEvQ/)
    expect(lines.join()).toContain('<secret>')
  })
})

test('plain words are no secret', () => {
  const { lines, logger } = capture()
  logger.info('Setup → OAuth Settings → Consumer Key and Secret; bearer instruments')
  expect(lines.join()).not.toContain('<secret>')
})

test('the text log says what to do about an error', () => {
  const { lines, logger } = capture('text')
  logger.error({ err: Object.assign(new Error('x', { cause: new Error('y') }), { remedy: 'Mend it.' }) }, 'z')
  expect(lines.join()).toMatch(/z {2}error="x" {2}remedy="Mend it\."\n$/)
})

test('JSON lines stay JSON after scrubbing', () => {
  const { lines, logger, scrubber } = capture()
  scrubber.add('quoted"secret')
  logger.info({ a: 'quoted"secret' }, 'said quoted"secret')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', a: '<secret>', msg: 'said <secret>' })
})

test('text lines are for people', () => {
  const { lines, logger } = capture('text')
  logger.warn({ org: 'acme', err: new Error('gone') }, 'session lost')
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}session lost {2}org=acme {2}error="gone"\n$/)
})

import { expect, test } from 'vitest'
import { createMetrics, metricTable } from '../../src/metrics.ts'

test('every row of the table becomes a metric, and two sets do not know each other', async () => {
  const [one, two] = [createMetrics(), createMetrics()]
  one.events_received_total.inc({ org: 'acme', channel: '/event/LoginEventStream' }, 3)
  const text = await one.registry.metrics()
  for (const name of Object.keys(metricTable)) expect(text).toContain(`# TYPE forcewatch_${name} `)
  expect(text).toContain('forcewatch_events_received_total{org="acme",channel="/event/LoginEventStream"} 3')
  expect(await two.registry.metrics()).not.toContain('acme')
})

test('names follow the conventions of Prometheus', () => {
  for (const [name, { type }] of Object.entries(metricTable)) {
    expect(name).toMatch(/^[a-z][a-z_]*$/)
    if (type === 'counter') expect(name).toMatch(/_total$/)
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/)
  }
})

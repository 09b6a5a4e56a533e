import { z } from 'zod'
import { levels } from '../detection/detection.ts'
import { type Fields, httpUrl, name, needsOne, takeSecret } from './fields.ts'

/** One of `receivers`. */
export function receiver({ secret, secretFile }: Fields) {
  const webhookUrl = needsOne('webhook_url')
  const routingKey = needsOne('routing_key')
  const kinds = ['slack', 'pagerduty', 'console'] as const
  return z
    .strictObject({
      name: name().describe('What routes call it.'),
      slack: z
        .strictObject({
          webhook_url: secret().optional().describe('Address of the incoming webhook.'),
          webhook_url_file: secretFile().optional().describe('File with that address.'),
        })
        .refine(webhookUrl.check, webhookUrl.params)
        .transform(takeSecret('webhook_url'))
        .optional()
        .describe('A Slack channel, by an incoming webhook.'),
      pagerduty: z
        .strictObject({
          routing_key: secret().optional().describe('Integration key of the service (Events API v2).'),
          routing_key_file: secretFile().optional().describe('File with that key.'),
          url: httpUrl()
            .default('https://events.pagerduty.com/v2/enqueue')
            .describe('Address of the Events API; https://events.eu.pagerduty.com/v2/enqueue in the EU.'),
        })
        .refine(routingKey.check, routingKey.params)
        .transform(takeSecret('routing_key'))
        .optional()
        .describe('A PagerDuty service.'),
      console: z.strictObject({}).optional().describe('Readable text on standard error.'),
    })
    .refine((value) => kinds.filter((kind) => value[kind] !== undefined).length === 1, {
      error: `needs exactly one of ${kinds.join(', ')}`,
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
}

/** One of `routes`. */
export function route() {
  return z.strictObject({
    match: z
      .strictObject({
        level: z.array(z.enum(levels)).min(1).optional().describe('Any of these levels.'),
        detector: z.array(z.string().min(1)).min(1).optional().describe('Any of these detectors, by id.'),
        org: z.array(z.string().min(1)).min(1).optional().describe('Any of these orgs, by name.'),
        entity: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe('Any of these types of entity, such as user.'),
        tags: z.array(z.string().min(1)).min(1).optional().describe('Any of these tags of the detector.'),
      })
      .prefault({})
      .describe('What an alert must be to take this route; every key must hold. Everything when empty.'),
    receivers: z.array(z.string().min(1)).min(1).describe('Names of the receivers that are told.'),
    stop: z
      .boolean()
      .default(false)
      .describe('Whether an alert that takes this route looks at no further one.'),
  })
}

import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { receiver, route } from './alerting-schema.ts'
import { kafka, redis } from './backend-schema.ts'
import type { Camelized } from './camelize.ts'
import { createFields, duration, type FieldContext, httpUrl, integer } from './fields.ts'
import { org } from './org-schema.ts'

/** The configuration as the program uses it: keys in camel case, durations in ms, paths absolute, defaults filled in. */
export type Config = Camelized<z.output<ReturnType<typeof createConfigSchema>>>

/** The configuration as it stands in the file. */
export type ConfigFile = z.input<ReturnType<typeof createConfigSchema>>

/** One of `orgs`. */
export type OrgConfig = Config['orgs'][number]
/** One of `receivers`. */
export type ReceiverConfig = Config['receivers'][number]

/** Folder of the detectors that come with Forcewatch. */
export const shippedDetectors = fileURLToPath(new URL('../../detectors', import.meta.url))

/** The one schema of the configuration file. Unknown keys are errors. */
export function createConfigSchema(context: FieldContext) {
  const fields = createFields(context)
  return z
    .strictObject({
      orgs: z.array(org(fields)).min(1).describe('The Salesforce orgs to watch.'),
      log: z
        .enum(['embedded', 'kafka'])
        .default('embedded')
        .describe('Where records are kept: a file of this process, or Kafka.'),
      store: z
        .enum(['embedded', 'redis'])
        .default('embedded')
        .describe('Where state is kept: a file of this process, or Redis.'),
      embedded: z
        .strictObject({
          directory: fields.path().prefault('./forcewatch-data').describe('Folder of the files.'),
        })
        .prefault({})
        .describe('The embedded log and store. They serve a single process.'),
      kafka: kafka(fields).optional().describe('Needed with `log: kafka`.'),
      redis: redis(fields).optional().describe('Needed with `store: redis`.'),
      detectors: z
        .strictObject({
          directory: fields
            .path()
            .optional()
            .describe('Folder of the detector files. Those that come with Forcewatch when absent.'),
          overlays: fields
            .path()
            .optional()
            .describe(
              "Folder of your own changes to these detectors, merged by id. See the detectors' README.",
            ),
          watch: z
            .boolean()
            .default(true)
            .describe('Whether a change of these files is noticed and taken over by itself, within seconds.'),
        })
        .prefault({})
        .transform((detectors) => ({ ...detectors, directory: detectors.directory ?? shippedDetectors }))
        .describe('What is looked for.'),
      receivers: z
        .array(receiver(fields))
        .prefault([{ name: 'console', console: {} }])
        .describe('Where notifications can be sent. Standard error when absent.'),
      routes: z
        .array(route())
        .optional()
        .describe('Which alerts go to which receivers. Every alert to every receiver when absent.'),
      web: web().prefault({}).describe('The page, the metrics and the health checks.'),
      logging: logging().prefault({}).describe('The log of the program itself, on standard error.'),
      checkpoint: checkpoint()
        .prefault({})
        .describe('How often state is saved. What came after is processed again after a crash.'),
    })
    .transform((config) => ({
      ...config,
      routes: config.routes ?? [
        { match: {}, receivers: config.receivers.map((receiver) => receiver.name), stop: false },
      ],
    }))
}

function web() {
  return z.strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on; 0.0.0.0 for all. There is no login: put a proxy with one in front.'),
    port: integer(0, 65_535).prefault(8086).describe('Port to listen on; 0 for any free one.'),
    public_url: httpUrl()
      .optional()
      .describe('Address under which people reach the page; notifications link to it.'),
    remote_reload: z
      .boolean()
      .default(false)
      .describe('Whether other machines may ask for a reload (POST /-/reload).'),
    remote_verdicts: z
      .boolean()
      .default(false)
      .describe('Whether other machines may give verdicts about alerts, also through a proxy.'),
  })
}

function logging() {
  return z.strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('The least important lines to write.'),
    format: z
      .enum(['json', 'text'])
      .default('json')
      .describe('One JSON object a line, or text for a terminal.'),
  })
}

function checkpoint() {
  return z.strictObject({
    records: integer(1, 10_000_000).prefault(20_000).describe('After so many records of a partition …'),
    interval: duration().prefault('5s').describe('… or so much time, whichever comes first.'),
  })
}

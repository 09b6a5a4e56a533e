import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, topicNames } from '../../src/adapters.ts'
import type { Role } from '../../src/app.ts'
import { systemClock as clock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { ConfigFile } from '../../src/config/schema.ts'
import type { Log } from '../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import type { SlackMessage } from '../../src/notify/slack/slack-message.ts'
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/server/simulator.ts'
import { createFakePagerDuty, type PagerDutyRequest, routingKey } from '../support/fake-pagerduty.ts'
import type { FakeReceiver } from '../support/fake-receiver.ts'
import { createFakeSlack } from '../support/fake-slack.ts'
import { freePort } from '../support/free-port.ts'
import { type ServiceProcess, startService } from '../support/service-process.ts'

const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
const clientSecret = 'the-secret-of-the-connected-app'
const variable = 'INSTALLATION_CLIENT_SECRET'
const env = { [variable]: clientSecret }

/** A process of the service with what its web server says. */
export interface Service extends ServiceProcess {
  readonly url: string
  /** Sum of the samples of a metric, named without its prefix, that have a label such as `stage="alert"`; 0 without any. */
  metric(name: string, label?: string): Promise<number>
  /** Resolves when `condition` holds; rejects when the process ends before. */
  until(condition: () => Promise<boolean>): Promise<void>
}

/** A simulated org, a fake Slack and PagerDuty, and a configuration that ties them together by way of a log and a store. */
export interface Installation {
  readonly simulator: Simulator
  readonly slack: FakeReceiver<SlackMessage>
  readonly pagerduty: FakeReceiver<PagerDutyRequest>
  /** Every secret that the service is given. */
  readonly secrets: readonly string[]
  /** What the configuration file takes from the environment. */
  readonly env: Readonly<Record<string, string>>
  readonly topics: ReturnType<typeof topicNames>
  readonly log: Log
  /** Writes a configuration file for one more process, and answers its path. */
  configure(webPort: number): Promise<string>
  /** Starts `forcewatch run` with all stages, or only with some. */
  launch(roles?: readonly Role[]): Promise<Service>
  /** As {@link launch}, and waits until it is ready. */
  start(roles?: readonly Role[]): Promise<Service>
  close(): Promise<void>
}

export type InstallationOptions = {
  readonly org?: Pick<SimulatorOptions, 'org' | 'users'>
  /** Sections of the configuration beside those that tie the parts together. */
  readonly config: Partial<ConfigFile>
  /** What is watched, beside how to log in; the users of the org are read only if it says so. */
  readonly watch?: Partial<ConfigFile['orgs'][number]>
}

export async function createInstallation({ org, config, watch }: InstallationOptions): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'forcewatch-installation-'))
  const simulator = createSimulator({
    ...org,
    clock,
    logger,
    seed: 'installation',
    connectedApps: [{ clientId: 'app', clientSecret, username: 'watch@acme.example' }],
  })
  const { url } = await simulator.start()
  const slack = await createFakeSlack()
  const pagerduty = await createFakePagerDuty()
  const webhookFile = join(folder, 'webhook')
  await writeFile(webhookFile, slack.url)
  const processes: ServiceProcess[] = []

  async function configure(webPort: number): Promise<string> {
    const file = join(folder, `forcewatch-${webPort}.yaml`)
    const content: ConfigFile = {
      orgs: [
        {
          directory: { enabled: false },
          ...watch,
          name: 'acme',
          login_url: url,
          auth: {
            flow: 'client_credentials',
            client_id: 'app',
            client_secret: `\${${variable}}`,
          },
        },
      ],
      receivers: [
        { name: 'soc', slack: { webhook_url_file: webhookFile } },
        { name: 'pager', pagerduty: { routing_key: routingKey, url: pagerduty.url } },
      ],
      ...config,
      web: { port: webPort },
    }
    await writeFile(file, JSON.stringify(content))
    return file
  }

  const loaded = loadConfig(await configure(0), { env })
  const log = openLog(loaded, { clock, logger })

  async function launch(roles?: readonly Role[]): Promise<Service> {
    const webPort = await freePort()
    const args = ['run', '--config', await configure(webPort), ...(roles ? ['--roles', roles.join()] : [])]
    const process = startService({ args, webPort, env })
    processes.push(process)
    return withWeb(process, `http://127.0.0.1:${webPort}`)
  }

  return {
    simulator,
    slack,
    pagerduty,
    secrets: [clientSecret, slack.url, new URL(slack.url).pathname, routingKey],
    env,
    topics: topicNames(loaded),
    log,
    configure,
    launch,
    async start(roles) {
      const service = await launch(roles)
      await service.ready()
      return service
    },
    async close() {
      for (const process of processes) process.signal('SIGKILL')
      await Promise.all(processes.map(({ ended }) => ended))
      await Promise.all([log.close(), simulator.stop(), slack.close(), pagerduty.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function withWeb(process: ServiceProcess, url: string): Service {
  const ended = process.ended.then(({ code, signal }) => {
    throw new Error(`the service ended with ${code ?? signal}:\n${process.log()}`)
  })
  ended.catch(() => undefined)
  return {
    ...process,
    url,
    async metric(name, label = '') {
      const text = await (await fetch(`${url}/metrics`)).text()
      const samples = text.split('\n').filter((line) => /^forcewatch_(\w+)/.exec(line)?.[1] === name)
      return samples
        .filter((line) => line.includes(label))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },
    async until(condition) {
      while (!(await Promise.race([condition(), ended]))) await clock.sleep(100)
    },
  }
}

import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isSingleProcess, loadConfig } from '../../../src/config/load-config.ts'
import { hasCode } from '../../../src/errors.ts'
import { defaultChannels } from '../../../src/salesforce/channels.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const smallest = `
orgs:
  - name: acme
    login_url: https://acme.my.salesforce.com
    auth: { flow: client_credentials, client_id: app, client_secret: "\${SECRET}" }
`
const env = { SECRET: 'hunter2-and-more' }

function load(text: string, variables: Record<string, string> = env) {
  using folder = temporaryFolder()
  return loadConfig(folder.write('forcewatch.yaml', text), { env: variables })
}

/** Every problem of a text, a line each, as `line:column path: what — remedy`. */
function problemsOf(text: string, variables: Record<string, string> = env): string[] {
  using folder = temporaryFolder()
  const file = folder.write('forcewatch.yaml', text)
  try {
    loadConfig(file, { env: variables })
    return []
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error
    return error.message.replaceAll(`${file}:`, '').replaceAll(folder.path, '<folder>').split('\n').slice(1)
  }
}

describe('a file without mistakes', () => {
  test('gets every default', () => {
    const config = load(smallest)
    expect(config).toMatchObject({
      orgs: [
        {
          name: 'acme',
          channels: defaultChannels.map(({ channel }) => channel),
          apiVersion: '66.0',
        },
      ],
      log: 'embedded',
      store: 'embedded',
      receivers: [{ name: 'console', console: {} }],
      routes: [{ match: {}, receivers: ['console'], stop: false }],
      web: { host: '127.0.0.1', port: 8086, remoteReload: false },
      logging: { level: 'info', format: 'json' },
      checkpoint: { records: 20_000, interval: 5_000 },
    })
    expect(config.kafka).toBeUndefined()
    expect(isSingleProcess(config)).toBe(true)
  })

  test('is frozen all the way down', () => {
    const config = load(smallest)
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.orgs[0]?.auth)).toBe(true)
    expect(Object.isFrozen(config.orgs[0]?.channels)).toBe(true)
  })

  test('reads the shipped detectors unless it names others', () => {
    expect(load(smallest).detectors.directory).toBe(join(import.meta.dirname, '../../../detectors'))
  })

  test('resolves paths from its own folder', () => {
    using folder = temporaryFolder()
    const file = folder.write('etc/forcewatch.yaml', `${smallest}\nembedded: { directory: ../data }`)
    expect(loadConfig(file, { env }).embedded.directory).toBe(join(folder.path, 'data'))
  })

  test('takes whole numbers from the environment', () => {
    expect(load(`${smallest}\nweb: { port: "\${PORT}" }`, { ...env, PORT: '9000' }).web.port).toBe(9000)
  })

  test('reads dates and durations', () => {
    const config = load(`${smallest}    watch_from: 2026-03-01\ncheckpoint: { interval: 1m30s }`)
    expect(config.orgs[0]?.watchFrom).toBe(Date.UTC(2026, 2, 1))
    expect(config.checkpoint.interval).toBe(90_000)
  })

  test('writes ${ as $${', () => {
    const config = load(smallest.replace('client_id: app', () => `client_id: "a$\${b}c"`))
    expect(config.orgs[0]?.auth.clientId).toBe(`a\${b}c`)
  })

  test('sends every alert to every receiver when there are no routes', () => {
    const config = load(`${smallest}\nreceivers: [{ name: a, console: {} }, { name: b, console: {} }]`)
    expect(config.routes).toEqual([{ match: {}, receivers: ['a', 'b'], stop: false }])
  })

  test('the example is one', () => {
    const config = loadConfig(join(import.meta.dirname, '../../../forcewatch.example.yaml'), {
      env: {
        ACME_CLIENT_ID: 'a',
        ACME_PRIVATE_KEY: 'b',
        SANDBOX_CLIENT_ID: 'c',
        SANDBOX_CLIENT_SECRET: 'd',
        KAFKA_PASSWORD: 'e',
        REDIS_PASSWORD: 'f',
        SLACK_WEBHOOK_URL: 'g',
        PAGERDUTY_ROUTING_KEY: 'h',
      },
    })
    expect(config.orgs.map(({ name }) => name)).toEqual(['acme', 'acme-sandbox'])
    expect(config.receivers).toHaveLength(3)
  })
})

describe('every mistake is reported at once, with its place and the remedy', () => {
  test('in keys and values', () => {
    const text = `# a comment with \${IGNORED}
orgs:
  - name: acme
    login_url: acme.my.salesforce.com
    auth: { flow: jwt, client_id: "\${NOPE}", usrname: x, private_key_file: ./nope.pem }
    channel: [/event/X]
    time_zone: Europe/Berlim
    api_version: 66.0
  - name: acme
    login_url: https://x.example
    auth: { flow: client_credentials, client_id: a }
  - name: third
    login_url: https://x.example
    auth: { flow: jtw, client_id: a }
    watch_from: yesterday
log: kafak
store: redis
kafka:
  brokers: [a]
  tls: { ca_fil: x }
  sasl: { mechanism: scram, username: u, password: p }
  replication: many
receivers:
  - name: soc
    slack: { webhook_url: a, webhook_url_file: b }
  - name: empty
  - name: two
    console: {}
    slak: {}
routes:
  - match: { level: [hihg], org: [acmee] }
    receivers: [sco]
web: { port: 99999 }
checkpoint: { interval: 5 min }
loging: {}
`
    expect(problemsOf(text).join('\n')).toMatchInlineSnapshot(`
      "4:16 orgs[0].login_url: is no web address — write it whole, starting with https://
      5:5 orgs[0].auth.username: is missing — Username of the integration user.
      5:35 orgs[0].auth.client_id: environment variable NOPE is not set — set it, or write $\${NOPE} for the characters themselves
      5:46 orgs[0].auth.usrname: unknown key — did you mean username?
      5:76 orgs[0].auth.private_key_file: cannot read <folder>/nope.pem: ENOENT: no such file or directory — Create the file, or let this user read it.
      6:5 orgs[0].channel: unknown key — did you mean channels?
      7:16 orgs[0].time_zone: is no time zone — use an IANA name such as Europe/Berlin
      8:18 orgs[0].api_version: must be a text — put the number in quotes: "66.0"
      9:11 orgs[1].name: acme is used twice — give each its own name
      11:11 orgs[1].auth: needs client_secret or client_secret_file, and only one of them
      14:19 orgs[2].auth.flow: must be jwt or client_credentials — did you mean jwt?
      15:17 orgs[2].watch_from: is no date — write 2026-03-01 or 2026-03-01T08:00:00Z
      16:6 log: must be embedded or kafka — did you mean kafka?
      17:8 store: needs the section redis — add redis: { url: redis://host:6379 }
      19:13 kafka.brokers[0]: must be host:port, such as kafka-1.example.com:9092
      20:10 kafka.tls.ca_fil: unknown key — did you mean ca_file?
      21:22 kafka.sasl.mechanism: must be plain, scram-sha-256 or scram-sha-512
      22:16 kafka.replication: must be a number, not a text
      25:12 receivers[0].slack: needs webhook_url or webhook_url_file, and only one of them
      25:48 receivers[0].slack.webhook_url_file: cannot read <folder>/b: ENOENT: no such file or directory — Create the file, or let this user read it.
      26:5 receivers[1]: needs exactly one of slack, pagerduty, console
      29:5 receivers[2].slak: unknown key — did you mean slack?
      31:22 routes[0].match.level[0]: must be informational, low, medium, high or critical — did you mean high?
      31:35 routes[0].match.org[0]: there is no org acmee — did you mean acme?
      32:17 routes[0].receivers[0]: there is no receiver sco — did you mean soc?
      33:14 web.port: must be at most 65535
      34:25 checkpoint.interval: is no duration — write a number and a unit, such as 30s, 5m or 24h
      35:1 loging: unknown key — did you mean logging?"
    `)
  })

  test('in the YAML itself', () => {
    expect(problemsOf('orgs: [\nlog: kafka\nlog: embedded\n')).toMatchInlineSnapshot(`
      [
        "2:1 Flow sequence in block collection must be sufficiently indented and end with a ]",
        "3:1 Map keys must be unique",
      ]
    `)
  })

  test('in what belongs together', () => {
    const text = `${smallest}
log: kafka
store: redis
redis: { url: redis://a, cluster: [b:6379] }
`
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      [
        "7:6 log: needs the section kafka — add kafka: { brokers: [host:9092] }",
        "9:8 redis: needs url, url_file or cluster, and only one of them",
      ]
    `)
  })

  test('in an empty file', () => {
    expect(problemsOf('')).toMatchInlineSnapshot(`
      [
        "1:1 orgs: is missing — The Salesforce orgs to watch.",
      ]
    `)
  })

  test('in references to the environment', () => {
    const text = smallest.replace('client_id: app', `client_id: "\${A B}\${OPEN"`)
    expect(problemsOf(text, { SECRET: '' })).toMatchInlineSnapshot(`
      [
        "5:50 orgs[0].auth.client_id: has a \${ that is no reference — write \${NAME}, or $\${ for the characters themselves",
        "5:50 orgs[0].auth.client_id: has a \${ that is no reference — write \${NAME}, or $\${ for the characters themselves",
        "5:81 orgs[0].auth.client_secret: environment variable SECRET is empty — set it, or write $\${SECRET} for the characters themselves",
      ]
    `)
  })

  test('a file that cannot be read says how to get one', () => {
    expect(() => loadConfig('/nonexistent/forcewatch.yaml', { env })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'cannot read /nonexistent/forcewatch.yaml: ENOENT: no such file or directory',
        remedy: expect.stringContaining('forcewatch.example.yaml'),
      }),
    )
  })
})

describe('secrets', () => {
  test('are never printed', () => {
    const config = load(`${smallest}\nredis: { url: "redis://:hunter2-and-more@host" }`)
    for (const text of [JSON.stringify(config), inspect(config, { depth: null }), `${config.redis?.url}`]) {
      expect(text).not.toContain('hunter2')
      expect(text).toContain('<secret>')
    }
  })

  test('are not in the problems either', () => {
    const text = `${smallest}\nreceivers: [{ name: a, slack: { webhook_url: [hunter2] } }]\nlog: "\${SECRET}"`
    expect(problemsOf(text).join()).not.toContain('hunter2')
  })

  test('in a file are read anew each time, without the line break at the end', () => {
    using folder = temporaryFolder()
    folder.write('key', 'first-secret\n')
    const seen: string[] = []
    const config = loadConfig(
      folder.write(
        'forcewatch.yaml',
        `${smallest}\nreceivers: [{ name: pd, pagerduty: { routing_key_file: key } }]`,
      ),
      { env, secretSeen: (secret) => seen.push(secret) },
    )
    const key = config.receivers[0]?.pagerduty?.routingKey
    expect(key?.read()).toBe('first-secret')
    folder.write('key', 'second-secret\n')
    expect(key?.read()).toBe('second-secret')
    expect(seen).toEqual(expect.arrayContaining([env.SECRET, 'first-secret', 'second-secret']))
  })

  test('in an empty file are a mistake', () => {
    using folder = temporaryFolder()
    folder.write('key', '\n')
    const file = folder.write(
      'forcewatch.yaml',
      `${smallest}\nreceivers: [{ name: pd, pagerduty: { routing_key_file: key } }]`,
    )
    expect(() => loadConfig(file, { env })).toThrow(/7:.*routing_key_file: .*key is empty — Write the secret/)
  })
})

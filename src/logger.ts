import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

export type LoggingOptions = {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `json` for machines (one object a line), `text` for people. Both on stderr: stdout belongs to the commands. */
  readonly format: 'json' | 'text'
}

/** Secrets that must never be printed. Values are added as they are read; what is printed afterwards is scrubbed. */
export interface SecretScrubber {
  add(secret: string): void
  scrub(text: string): string
}

const wellKnown: readonly (readonly [RegExp, string])[] = [
  [/(https:\/\/hooks\.slack(?:-gov)?\.com\/services\/)[\w/-]+/g, '$1<secret>'],
  [/\b00D[\w]{12,15}![\w.]{20,}/g, '<secret>'],
  // A word of plain English after it, such as "OAuth settings", has neither digit nor sign.
  [/(\b(?:Bearer|OAuth|Splunk|GenieKey)\s+)(?=[\w.!~+/=-]*[\d.!~+/=_-])[\w.!~+/=-]{8,}/gi, '$1<secret>'],
  [/(:\/\/[^\s/:@]*:)[^\s/@]+@/g, '$1<secret>@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, '<secret>'],
]

/** A scrubber that knows no secret yet, only what secrets of well-known services look like. */
export function createSecretScrubber(): SecretScrubber {
  const secrets = new Set<string>()
  return {
    add(secret) {
      if (secret.length >= 6)
        secrets.add(secret).add(JSON.stringify(secret).slice(1, -1)).add(encodeURIComponent(secret))
    },
    scrub(text) {
      let clean = text
      for (const secret of secrets) clean = clean.replaceAll(secret, '<secret>')
      for (const [pattern, replacement] of wellKnown) clean = clean.replace(pattern, replacement)
      return clean
    },
  }
}

/** A pino logger whose every line is scrubbed as text, so that secrets inside messages, URLs and errors cannot escape. */
export function createLogger(
  options: LoggingOptions,
  scrubber: SecretScrubber,
  destination: DestinationStream = process.stderr,
): Logger {
  const settings = {
    level: options.level,
    base: null,
    // Our messages already say what caused them.
    serializers: { err: pino.stdSerializers.errWithCause },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: (line: string) => scrubber.scrub(line) },
  }
  return pino(settings, options.format === 'json' ? destination : createTextStream(destination))
}

/** `08:14:03 WARN  message  key=value …`: one line a record, for a terminal. */
function createTextStream(destination: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { level, time, msg, err, ...fields } = JSON.parse(line)
      const rest = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      if (err) rest.push(`error=${JSON.stringify(err.message)}`)
      if (err?.remedy) rest.push(`remedy=${JSON.stringify(err.remedy)}`)
      destination.write(
        `${time.slice(11, 19)} ${String(level).toUpperCase().padEnd(5)} ${[msg, ...rest].filter(Boolean).join('  ')}\n`,
      )
    },
  }
}

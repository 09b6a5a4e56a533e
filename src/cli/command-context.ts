import { InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import type { Config } from '../config/schema.ts'
import { createLogger, type Logger, type SecretScrubber } from '../logger.ts'

/** What the program hands to each of its commands. */
export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Knows every secret that the configuration gave away; errors and logs are scrubbed by it. */
  readonly scrubber: SecretScrubber
}

/** `--config FILE`, the same for every command. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'configuration file').default('./forcewatch.yaml')
}

/** `--overlays DIR`, the same for every command that reads detectors. */
export function overlaysOption(): Option {
  return new Option('--overlays <dir>', "directory of an org's own changes to the detectors")
}

/** The configuration and the logger it asks for. @throws CONFIG_INVALID */
export function openConfig(
  file: string,
  { env, scrubber }: CommandContext,
): { readonly config: Config; readonly logger: Logger } {
  const config = loadConfig(file, { env, secretSeen: (secret) => scrubber.add(secret) })
  return { config, logger: createLogger(config.logging, scrubber) }
}

/** For an option's value: a TCP port, or 0 for any free one. */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It must be a port: a whole number from 0 to 65535.')
  return Number(text)
}

/** For an option's value: a whole number from 0. */
export function parseWholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.')
  return Number(text)
}

/** For an option's value: a name of the IANA time zone database. */
export function parseTimeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw new InvalidArgumentError('It must be an IANA name such as Europe/Berlin.')
  }
}

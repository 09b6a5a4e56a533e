import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { ForcewatchError, messageOf } from '../errors.ts'

/** A text that must not be printed. Whatever prints the object itself prints `<secret>`. */
export class Secret {
  readonly #read: () => string
  readonly #seen: (secret: string) => void

  /** @param seen is told each value that was read, so that it can be kept out of what is printed. */
  constructor(read: () => string, seen: (secret: string) => void) {
    this.#read = read
    this.#seen = seen
  }

  /**
   * The text as it is now: a file is read anew each time, so that a rotated secret needs no restart.
   * @throws CONFIG_INVALID when its file cannot be read or is empty
   */
  read(): string {
    const secret = this.#read()
    this.#seen(secret)
    return secret
  }

  toString(): string {
    return '<secret>'
  }

  toJSON(): string {
    return '<secret>'
  }

  [inspect.custom](): string {
    return '<secret>'
  }
}

/** The content of a file without the line break at its end. @throws CONFIG_INVALID */
export function readSecretFile(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new ForcewatchError('CONFIG_INVALID', `cannot read ${file}: ${messageOf(error).split(',')[0]}`, {
      remedy: 'Create the file, or let this user read it.',
      cause: error,
    })
  }
  if (text === '') {
    throw new ForcewatchError('CONFIG_INVALID', `${file} is empty`, { remedy: 'Write the secret into it.' })
  }
  return text
}

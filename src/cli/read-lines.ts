import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { ForcewatchError, messageOf } from '../errors.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** A line of a file without its end, and its number, counted from 1. Empty lines are passed over. */
export type Line = { readonly number: number; readonly bytes: Buffer }

/** Reads a file, or standard input for `-`, in batches of lines; memory stays constant however long the file is. */
export async function* readLines(file: string): AsyncGenerator<readonly Line[]> {
  const input: Readable = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 })
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  for await (const chunk of input as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const lines: Line[] = []
    let start = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      number++
      pushLine(lines, number, bytes.subarray(start, end))
      start = end + 1
    }
    rest = bytes.subarray(start)
    yield lines
  }
  const last: Line[] = []
  pushLine(last, number + 1, rest)
  yield last
}

/** The same for a command's argument. @throws USAGE when the file cannot be read */
export async function* readFileLines(file: string): ReturnType<typeof readLines> {
  try {
    yield* readLines(file)
  } catch (error) {
    throw new ForcewatchError('USAGE', `cannot read ${file}: ${messageOf(error)}`, {
      remedy: 'Name a file with one CometD message a line, or - for standard input.',
      cause: error,
    })
  }
}

function pushLine(lines: Line[], number: number, bytes: Buffer): void {
  const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  if (line.length > 0) lines.push({ number, bytes: line })
}

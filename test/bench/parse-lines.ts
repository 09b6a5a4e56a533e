import { readLines } from '../../src/cli/read-lines.ts'

/** The yardstick: reads the lines of a file and does nothing with them but JSON.parse. */
let events = 0
for await (const lines of readLines(process.argv[2]!)) {
  for (const { bytes } of lines) {
    JSON.parse(bytes.toString())
    events++
  }
}
process.stdout.write(`${events}\n`)

import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { showProgress } from '../../../src/cli/progress.ts'
import { createManualClock } from '../../../src/clock.ts'

function show(isTTY: boolean, share: number | undefined) {
  const written: string[] = []
  const stream = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk))
        done()
      },
    }),
    { isTTY },
  )
  const clock = createManualClock()
  const progress = showProgress({ stream, clock, share: () => share })
  return { written, clock, progress }
}

describe('the progress of a long command', () => {
  it('is a bar on a terminal, with rate and remaining time, and is gone at the end', () => {
    const { written, clock, progress } = show(true, 0.25)
    progress.update(50_000)
    clock.advance(500)
    expect(written).toEqual(['\r[██████··················]  25 %  50,000 events, 100,000/s, 2s left\u001b[K'])
    progress.end()
    clock.advance(5000)
    expect(written.slice(1)).toEqual(['\r\u001b[K'])
  })

  it('is a line every ten seconds elsewhere', () => {
    const { written, clock, progress } = show(false, 0.5)
    progress.update(1000)
    clock.advance(25_000)
    expect(written).toEqual([
      ' 50 %  1,000 events, 100/s, 10s left\n',
      ' 50 %  1,000 events, 50/s, 20s left\n',
    ])
    progress.end()
    expect(written).toHaveLength(2)
  })

  it('does not guess when nobody knows how much there is', () => {
    const { written, clock, progress } = show(false, undefined)
    progress.update(30)
    clock.advance(10_000)
    expect(written).toEqual(['30 events, 3/s\n'])
  })
})

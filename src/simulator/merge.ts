import type { SimulatedEvent } from './traffic/payload.ts'

/** Several streams, each in the order of time, read as one. More may join at any time. */
export interface Merger {
  add(stream: Iterable<SimulatedEvent>): void
  /** The earliest event that has not been taken, or undefined when all streams have ended. */
  peek(): SimulatedEvent | undefined
  /** Takes what {@link Merger.peek} shows. */
  take(): SimulatedEvent | undefined
}

/** A merger of these streams. */
export function createMerger(streams: readonly Iterable<SimulatedEvent>[] = []): Merger {
  let heads: { readonly iterator: Iterator<SimulatedEvent>; event: SimulatedEvent }[] = []

  function add(stream: Iterable<SimulatedEvent>): void {
    const iterator = stream[Symbol.iterator]()
    const first = iterator.next()
    if (!first.done) heads.push({ iterator, event: first.value })
  }

  function earliest() {
    let found = heads[0]
    for (const head of heads) if (found && head.event.time < found.event.time) found = head
    return found
  }

  for (const stream of streams) add(stream)
  return {
    add,
    peek: () => earliest()?.event,
    take() {
      const head = earliest()
      if (!head) return undefined
      const { event } = head
      const next = head.iterator.next()
      if (next.done) heads = heads.filter((other) => other !== head)
      else head.event = next.value
      return event
    },
  }
}

/** Several streams that are each in the order of time → one. */
export function* mergeByTime(streams: readonly Iterable<SimulatedEvent>[]): Generator<SimulatedEvent> {
  const merger = createMerger(streams)
  for (let event = merger.take(); event; event = merger.take()) yield event
}

/** A handful of events in the order of publication. */
export function inOrder(events: SimulatedEvent[]): SimulatedEvent[] {
  return events.sort((left, right) => left.time - right.time)
}

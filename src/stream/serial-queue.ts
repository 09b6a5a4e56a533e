/** Runs asynchronous functions one after the other, in the order in which they were given. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  /** Resolves or rejects with the function's own outcome; a failure does not stop the ones behind it. */
  run<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(action)
    this.#tail = result.catch(() => undefined)
    return result
  }
}

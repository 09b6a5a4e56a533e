import { expect, inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the little server in `global-setup.ts` that starts services when a test file first asks for one. */
    readonly services: string
  }
}

/**
 * The brokers (`host:port`) of a Kafka that all test files of a run share: use topic and group names of your own. Call it
 * at the top of a test file and skip the suite when it answers undefined: there is no Kafka on this machine.
 * @throws with CI set, instead of answering undefined.
 */
export async function kafkaBrokers(): Promise<readonly string[] | undefined> {
  return (await ask('kafka'))?.split(',')
}

/** As {@link kafkaBrokers}: the URL of a Redis that all test files share. Use a key prefix of your own and flush nothing. */
export function redisUrl(): Promise<string | undefined> {
  return ask('redis')
}

/** As {@link kafkaBrokers}: the folder with Kafka's jars, for tests that run (and kill) a broker of their own. */
export function kafkaJars(): Promise<string | undefined> {
  return ask('kafka-jars')
}

async function ask(service: string): Promise<string | undefined> {
  const suite = expect.getState().testPath ?? ''
  const response = await fetch(`${inject('services')}/${service}?suite=${encodeURIComponent(suite)}`)
  const text = await response.text()
  if (response.status === 503) throw new Error(text)
  return response.status === 204 ? undefined : text
}

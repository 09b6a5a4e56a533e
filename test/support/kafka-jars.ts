import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const version = '4.1.1'
const cache = join(tmpdir(), `forcewatch-kafka-${version}`)

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>forcewatch</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.1</version></dependency>
  </dependencies>
</project>
`

/**
 * The folder with Apache Kafka's jars, from Maven Central the first time. Processes that fetch at the same time do not
 * disturb each other: each fetches into a folder of its own, and the first to finish gives it the final name.
 */
export async function fetchKafkaJars(): Promise<string> {
  const known = await readdir(cache).catch(() => [])
  if (known.length > 0) return cache
  const run = promisify(execFile)
  await run('java', ['-version'])
  const work = await mkdtemp(join(tmpdir(), 'forcewatch-kafka-fetch-'))
  try {
    const jars = join(work, 'lib')
    await mkdir(jars)
    await writeFile(join(work, 'pom.xml'), pom)
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`], { cwd: work })
    await rename(jars, cache).catch((error) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error
    })
    return cache
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

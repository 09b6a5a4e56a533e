import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A throw-away authority and one certificate for `localhost` and 127.0.0.1, good for servers and clients. PEM. */
export type TestCertificates = {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  readonly ca: string
  readonly cert: string
  readonly key: string
  remove(): Promise<void>
}

/** Made with openssl, since Node cannot issue certificates. */
export async function createTestCertificates(): Promise<TestCertificates> {
  const directory = await mkdtemp(join(tmpdir(), 'forcewatch-tls-'))
  const caFile = join(directory, 'ca.pem')
  const caKeyFile = join(directory, 'ca.key')
  const certFile = join(directory, 'cert.pem')
  const keyFile = join(directory, 'cert.key')
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ]
  await openssl(...request, '-subj', '/CN=Test Authority', '-keyout', caKeyFile, '-out', caFile)
  await openssl(
    ...[...request, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', caFile, '-CAkey', caKeyFile],
    ...['-keyout', keyFile, '-out', certFile],
  )
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => readFile(file, 'utf8')))
  return {
    caFile,
    certFile,
    keyFile,
    ca: ca ?? '',
    cert: cert ?? '',
    key: key ?? '',
    remove: () => rm(directory, { recursive: true }),
  }
}

async function openssl(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', [...args])
}

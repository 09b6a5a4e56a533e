import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const openssl = (...args: string[]) => promisify(execFile)('openssl', args)

export type Certificate = {
  /** PEM of the authority that signed it. */
  readonly ca: string
  /** PKCS12 file with the server's key and certificate. */
  readonly keyStore: string
  readonly password: string
}

/** Makes an authority and a certificate for `localhost` and 127.0.0.1 in a folder, with openssl. */
export async function createCertificate(directory: string): Promise<Certificate> {
  const path = (name: string) => join(directory, name)
  const password = 'key store'
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=Test authority',
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
  )
  await openssl(
    'req',
    ...key,
    '-subj',
    '/CN=localhost',
    '-keyout',
    path('server.key'),
    '-out',
    path('server.csr'),
  )
  await writeFile(path('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  await openssl(
    ...[
      'x509',
      '-req',
      '-days',
      '2',
      '-CAcreateserial',
      '-in',
      path('server.csr'),
      '-extfile',
      path('names'),
    ],
    ...['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-out', path('server.pem')],
  )
  await openssl(
    ...[
      'pkcs12',
      '-export',
      '-in',
      path('server.pem'),
      '-inkey',
      path('server.key'),
      '-certfile',
      path('ca.pem'),
    ],
    ...['-passout', `pass:${password}`, '-out', path('server.p12')],
  )
  return { ca: await readFile(path('ca.pem'), 'utf8'), keyStore: path('server.p12'), password }
}

import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseStringPromise } from 'xml2js'
import { z } from 'zod'
import { appKeyOf } from '../../app-name.ts'
import { ForcewatchError, messageOf } from '../../errors.ts'

/** The OAuth scopes that apps may ask for, in the words of the metadata, by {@link appKeyOf} of their names. */
export type Scopes = ReadonlyMap<string, readonly string[]>

const connectedApps = '**/*.{connectedApp,connectedApp-meta.xml}'
const externalApps = '**/*.{ecaOauth,ecaOauth-meta.xml}'

/** xml2js gives the texts of each element as a list. */
const texts = z.array(z.string())
const connectedApp = z.object({
  ConnectedApp: z.object({
    label: texts,
    oauthConfig: z.array(z.object({ scopes: texts.default([]) })).optional(),
  }),
})
const externalApp = z.object({
  ExtlClntAppOauthSettings: z.object({
    externalClientApplication: texts,
    label: texts,
    commaSeparatedOauthScopes: texts.default([]),
  }),
})

/**
 * Reads connected apps (ConnectedApp) and external client apps (ExtlClntAppOauthSettings) as they were retrieved from an org, from
 * a folder and those below it. No object that can be queried tells scopes.
 * @throws USAGE when there are none, or a file is no such metadata
 */
export async function readScopes(folder: string): Promise<Scopes> {
  const scopes = new Map<string, readonly string[]>()
  for await (const file of glob(connectedApps, { cwd: folder })) {
    const { label, oauthConfig = [] } = (await readMetadata(join(folder, file), connectedApp)).ConnectedApp
    const own = oauthConfig.flatMap((config) => config.scopes)
    for (const name of label) scopes.set(appKeyOf(name), own)
  }
  for await (const file of glob(externalApps, { cwd: folder })) {
    const app = (await readMetadata(join(folder, file), externalApp)).ExtlClntAppOauthSettings
    const own = app.commaSeparatedOauthScopes.flatMap((text) => text.split(/[\s,]+/).filter(Boolean))
    for (const name of [...app.externalClientApplication, ...app.label]) scopes.set(appKeyOf(name), own)
  }
  if (scopes.size > 0) return scopes
  throw new ForcewatchError('USAGE', `${folder} holds no metadata of apps.`, {
    remedy:
      'Retrieve it as an administrator: sf project retrieve start --metadata ConnectedApp --metadata ExtlClntAppOauthSettings, and give the folder force-app.',
  })
}

async function readMetadata<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(await parseStringPromise(await readFile(file, 'utf8')))
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)
    throw new ForcewatchError('USAGE', `${file} cannot be read: ${reason.replaceAll('\n', ' ')}`, {
      remedy: 'Retrieve it anew, or take it out of the folder.',
      cause: error,
    })
  }
}

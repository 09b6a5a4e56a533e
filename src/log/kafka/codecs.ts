import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** How records are compressed, batch by batch. */
export type Compression = 'none' | 'gzip' | 'zstd'

export const compressionTypes = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<Compression, kafkajs.CompressionTypes>

/** Of both the quickest of the usual levels: each further one costs more time than it saves bytes. */
const gzipOptions = { level: constants.Z_BEST_SPEED }
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** kafkajs' encoder of the records of a batch. */
type Records = { readonly buffer: Buffer }

/** Gives kafkajs a quicker gzip than its own, and Zstandard, which it knows by name only. A batch of a megabyte takes a few ms. */
export function installCodecs(): void {
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: async ({ buffer }: Records) => gzipSync(buffer, gzipOptions),
    decompress: async (buffer: Buffer) => gunzipSync(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Records) => zstdCompressSync(buffer, zstdOptions),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  })
}

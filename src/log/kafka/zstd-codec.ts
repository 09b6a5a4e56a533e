import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** The quickest of the usual levels: of events it leaves a tenth, and each further one costs more than it saves. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 }

/** Teaches kafkajs Zstandard, which it knows by name only. A batch of a megabyte takes a few ms. */
export function installZstd(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => zstdCompressSync(buffer, { params }),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  })
}

import { compileDetectors, parseDetectors } from '../detection/definition/catalog.ts'
import type { DetectorTexts } from '../detection/definition/detector-texts.ts'
import { type DetectorFile, fileStem } from '../detection/definition/parse-detector.ts'

/** A detector with one more overlay, to run beside itself. Its alerts are told under `name`. */
export type Variant = { readonly detector: string; readonly name: string; readonly overlay: string }

/** The name of that overlay where a warning or a problem is told. */
export const proposed = 'the proposal'

/**
 * The detector as it would be if the overlay lay beside those that there are.
 * @throws DETECTORS_INVALID when it would be refused
 */
export function readVariant(
  { detector, overlay }: Omit<Variant, 'name'>,
  texts: DetectorTexts,
): DetectorFile | undefined {
  const read = parseDetectors({
    detectors: texts.detectors.filter(({ file }) => fileStem(file) === detector),
    overlays: [...texts.overlays, { file: proposed, text: overlay }],
    hash: texts.hash,
  })
  compileDetectors(read)
  return read.files[0]
}

import { hashText } from '../window/recent-values.ts'
import { memoizeByText } from './bounded-cache.ts'

/** The hash of {@link hashText}, remembered: whoever keeps values asks for those of one event one after the other. */
export const hashOf: (text: string) => number = memoizeByText(hashText, 50_000)

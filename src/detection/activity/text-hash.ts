import { hashText } from '../window/recent-values.ts'
import { memoizeByText } from './bounded-cache.ts'

/** 32 bits of {@link hashText}, remembered: nearly all values come again and again. */
export const hashOf: (text: string) => number = memoizeByText((text) => hashText(text) | 0, 50_000)

/** How glibc's malloc is set in the image, and so in every process whose memory a test or a bench looks at. */
export const allocator = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '1048576' } as const

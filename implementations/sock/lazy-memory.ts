import { libc } from './libc.ts'

const M_TRIM_THRESHOLD = -1
const M_MMAP_THRESHOLD = -3
const MMAP_BYTES = 1 << 20
const TRIM_BYTES = 64 << 20

/**
 * From now on this process gets memory of 1 MiB and more from mmap, so that it is zero, and resident, only
 * as far as it is used. Left to itself glibc raises its threshold to the largest such block that was ever
 * freed, up to 32 MiB, and from then on fills the 24 MiB of each new P2P connection with zeros: 14 to 20 ms.
 * Setting it also stops glibc from raising what may stay unused at the top of the heap, which it sets to
 * twice that: smaller blocks would go back to the kernel, and be faulted in again.
 */
export function keepLargeMemoryLazy(): void {
  const { mallopt } = libc()
  mallopt?.(M_MMAP_THRESHOLD, MMAP_BYTES)
  mallopt?.(M_TRIM_THRESHOLD, TRIM_BYTES)
}

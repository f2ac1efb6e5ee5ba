import { libc } from './libc.ts'

const M_MMAP_THRESHOLD = -3
const ONE_MIB = 1 << 20

/**
 * From now on this process gets memory of 1 MiB and more from mmap, so that it is zero, and resident, only
 * as far as it is used. Left to itself glibc raises its threshold to the largest such block that was ever
 * freed, up to 32 MiB, and from then on fills the 24 MiB of each new P2P connection with zeros: 14 to 20 ms.
 */
export function keepLargeMemoryLazy(): void {
  libc().mallopt?.(M_MMAP_THRESHOLD, ONE_MIB)
}

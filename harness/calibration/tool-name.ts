import type { SockbenchRecord } from '../record.ts'

/** `0.1.0 (1a2b3c4d, changed)` */
export function toolName({ version, gitSha, dirty }: SockbenchRecord['tool']): string {
  if (gitSha === null) return version
  return `${version} (${gitSha.slice(0, 8)}${dirty === true ? ', changed' : ''})`
}

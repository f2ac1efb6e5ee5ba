import type { Backend } from './backend.ts'
import { devirtualizedSockman } from './devirtualized-sockman/index.ts'
import { direct } from './direct/index.ts'
import { floor } from './floor/index.ts'
import { libuv } from './libuv/index.ts'
import { virtualSockman } from './virtual-sockman/index.ts'

/** Every backend there is; the first is what the others are compared with. */
export const backends: readonly Backend[] = [
  direct,
  virtualSockman,
  devirtualizedSockman,
  libuv,
  floor,
]

/** The designs under test; the others are what they are measured against. */
export const candidates: readonly Backend[] = backends.filter(({ hasSendModes }) => hasSendModes)

export function findBackend(name: string): Backend | undefined {
  return backends.find(backend => backend.name === name)
}

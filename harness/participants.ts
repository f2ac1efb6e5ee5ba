import type { Backend } from '../implementations/backend.ts'
import { backends } from '../implementations/registry.ts'
import type { Workload } from '../scenarios/scenario.ts'

/** The backend that knows no protocol: measured beside others, where all a subject does is download. */
export const FLOOR = 'floor'

export const knownBackends = backends.map(({ name }) => name)

/**
 * Those of the named backends that can take part in a workload, the first of which is its reference.
 * Empty where the floor would be the only one.
 */
export function participants(
  names: readonly string[],
  workload: Workload,
  known: readonly Backend[] = backends,
): string[] {
  const able = names.filter(name => {
    const backend = known.find(one => one.name === name)
    return backend !== undefined && canTakePart(backend, workload)
  })
  return able.every(name => name === FLOOR) ? [] : able
}

/** A backend that sends in a way of its own is compared with Core's way, and with no other. */
function canTakePart({ name, protocols, hasSendModes }: Backend, { services }: Workload): boolean {
  if (name === FLOOR) return services.length === 1 && services[0].protocol === 'p2p'
  return services.every(
    ({ protocol, sendMode }) =>
      protocols[protocol] !== undefined && (hasSendModes || sendMode === 'optimistic'),
  )
}

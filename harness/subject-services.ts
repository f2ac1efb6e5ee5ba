import { handlerThreads, socketThreads } from '../implementations/backend.ts'
import type { Protocol, ServiceOptions } from '../implementations/node/service-options.ts'
import type { Address } from '../implementations/sock/sock.ts'
import type { ServiceTemplate, Workload } from '../scenarios/scenario.ts'
import type { Driver } from './driver.ts'
import { FLOOR } from './participants.ts'

/** What a subject of this backend runs under a workload; the floor, a stream of bytes for P2P. */
export function templatesFor(backend: string, { services }: Workload): readonly ServiceTemplate[] {
  if (backend !== FLOOR) return services
  return services.map(({ connections, sendMode, socketBufferBytes }) => ({
    protocol: 'raw',
    connections,
    sendMode,
    socketBufferBytes,
  }))
}

/** The names under which CPU time of these services' threads is stored. */
export function threadNamesOf(services: readonly { protocol: Protocol }[]): string[] {
  return services.flatMap(({ protocol }) => {
    const handlers = handlerThreads[protocol]
    return handlers === undefined ? [socketThreads[protocol]] : [socketThreads[protocol], handlers]
  })
}

export type AddressedServices =
  | { state: 'addressed'; services: ServiceOptions[] }
  | { state: 'failed'; reason: string }

/** With the driver's addresses, of those services that connect to it. */
export async function addressedServices(
  templates: readonly ServiceTemplate[],
  subject: string,
  driver: Driver,
): Promise<AddressedServices> {
  const services: ServiceOptions[] = []
  for (const template of templates) {
    let address: Address | undefined
    if (template.connections > 0) {
      const { protocol, connections } = template
      const listening = await driver.listen(subject, protocol, connections)
      if (listening.kind === 'failed') return { state: 'failed', reason: listening.reason }
      address = listening.address
    }
    services.push(serviceOptions(template, address, driver.chainFile))
  }
  return { state: 'addressed', services }
}

/**
 * A template with addresses and files put in.
 * @param driver where the driver listens for this service; undefined for services that listen
 */
export function serviceOptions(
  template: ServiceTemplate,
  driver: Address | undefined,
  chainFile: string | null,
): ServiceOptions {
  const { connections, ...options } = template
  const connect = driver === undefined ? [] : Array.from({ length: connections }, () => driver)
  switch (options.protocol) {
    case 'p2p':
      return { ...options, listen: driver === undefined ? anyPort : undefined, connect }
    case 'http':
      if (chainFile === null) throw new Error('the driver has prepared no chain to be served')
      return { ...options, listen: anyPort, chainFile }
    case 'push':
      return { ...options, listen: anyPort }
    case 'outbound-http':
      if (driver === undefined) throw new Error('a wallet needs connections to the driver')
      return { ...options, target: driver }
    case 'raw':
      return { ...options, connect }
  }
}

/** The kernel picks the port. */
const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }

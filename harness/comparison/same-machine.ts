import type { Environment } from '../record.ts'

/**
 * What tells the machines, or the setting-up, of two records apart, a line each: `kernel: 6.1 / 6.6`.
 * Load comes and goes, and identifies nobody.
 */
export function machineDifferences(one: Environment, other: Environment): string[] {
  const [traits, otherTraits] = [machineTraits(one), machineTraits(other)]
  const names = [...new Set([...traits.keys(), ...otherTraits.keys()])]
  return names.flatMap(name => {
    const [value, otherValue] = [traits.get(name) ?? 'none', otherTraits.get(name) ?? 'none']
    return value === otherValue ? [] : [`${name}: ${value} / ${otherValue}`]
  })
}

/** By name; load, which is nobody's, is left out. */
export function machineTraits(environment: Environment): Map<string, string> {
  const { pinning, sysctls } = environment
  return new Map([
    ['CPU model', environment.cpuModel],
    ['CPUs', String(environment.cpus.length)],
    ['kernel', environment.kernel],
    ['Node', environment.node],
    ['V8', environment.v8],
    ['koffi', environment.koffi],
    ['memory', `${environment.memoryBytes} bytes`],
    ['governor', environment.governor ?? 'none'],
    ['clock source', environment.clockSource ?? 'unknown'],
    ['virtualised', String(environment.virtualised ?? 'unknown')],
    ['cgroup cpu.max', environment.cgroup.cpuMax ?? 'none'],
    [
      'pinning',
      pinning === null
        ? 'none'
        : `driver on CPU ${pinning.driver.join(',')}, subjects on CPU ${pinning.subject.join(',')}`,
    ],
    ['socket buffers', `${environment.socketBufferBytes.join(', ')} bytes`],
    ...Object.entries(sysctls),
  ])
}

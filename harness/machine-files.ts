import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The text of a file of /proc or /sys without its last newline, null if there is none to read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    return null
  }
}

/** A sysctl by its name, such as `net.core.rmem_max`; null if this kernel does not show it. */
export function readSysctl(name: string): string | null {
  return readText(`/proc/sys/${name.replaceAll('.', '/')}`)
}

/** The names in a directory, none if it does not exist or may not be read. */
export function listDirectory(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** cpufreq's governors of these CPUs ('performance', rarely more than one); null where none is exposed. */
export function readGovernor(cpus: readonly number[]): string | null {
  const paths = cpus.map(cpu => `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`)
  const governors = new Set(paths.map(readText).filter(text => text !== null))
  return governors.size === 0 ? null : [...governors].join(', ')
}

export function readClockSource(): string | null {
  return readText('/sys/devices/system/clocksource/clocksource0/current_clocksource')
}

/** Load averages of the last minute. */
export function readLoad(): number {
  return Number(readText('/proc/loadavg')?.split(' ')[0] ?? 0)
}

/**
 * The text of cgroup v2's cpu.max, 'QUOTA PERIOD' in µs or 'max PERIOD': the nearest one that limits,
 * from this process's group upwards; null where there is none (cgroup v1, or only a root group).
 */
export function readCpuMax(): string | null {
  const root = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup'
  const own = /^0::(.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1] ?? '/'
  const parts = own.split('/').filter(part => part !== '')
  const texts = Array.from({ length: parts.length + 1 }, (_, i) =>
    readText([root, ...parts.slice(0, parts.length - i), 'cpu.max'].join('/')),
  ).filter(text => text !== null)
  return texts.find(text => !text.startsWith('max')) ?? texts[0] ?? null
}

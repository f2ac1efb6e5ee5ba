import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { getAffinity, withAffinity } from '../implementations/sock/affinity.ts'
import { type Activity, observeActivity } from './activity.ts'
import {
  listDirectory,
  readClockSource,
  readCpuMax,
  readGovernor,
  readLoad,
  readSysctl,
  readText,
} from './machine-files.ts'
import { schedstatProblem } from './sampler.ts'

const activityWindowMs = 500

/** What the doctor judges. Null: this machine does not tell. */
export interface Machine {
  node: string
  /** The CPUs this process may use. */
  cpus: number[]
  /** How many physical cores these are. */
  cores: number
  affinityProblem: string | null
  schedstatProblem: string | null
  governor: string | null
  turbo: boolean | null
  socketBufferMaxBytes: { receive: number | null; send: number | null }
  load: number
  activity: Activity
  memory: { availableBytes: number; swapUsedBytes: number }
  cpuMax: string | null
  clockSource: string | null
  hardwareCounters: boolean
  perfEventParanoid: number | null
  /** By name: is it on the PATH? */
  tools: Record<OptionalTool, boolean>
  directories: Directory[]
}

export const optionalTools = ['perf', 'bitcoind', 'chromium', 'clinic'] as const
type OptionalTool = (typeof optionalTools)[number]

/** One that will be written to; it need not exist yet. */
interface Directory {
  path: string
  freeBytes: number
  writable: boolean
}

/** Takes half a second, in which it watches what else is running. */
export async function inspectMachine(directories: readonly string[]): Promise<Machine> {
  const cpus = getAffinity()
  return {
    node: process.versions.node,
    cpus,
    cores: countCores(cpus),
    affinityProblem: findAffinityProblem(cpus),
    schedstatProblem: schedstatProblem(),
    governor: readGovernor(cpus),
    turbo: readTurbo(),
    socketBufferMaxBytes: {
      receive: numberOrNull(readSysctl('net.core.rmem_max')),
      send: numberOrNull(readSysctl('net.core.wmem_max')),
    },
    load: readLoad(),
    activity: await observeActivity(activityWindowMs),
    memory: readMemory(),
    cpuMax: readCpuMax(),
    clockSource: readClockSource(),
    hardwareCounters: listDirectory('/sys/bus/event_source/devices').some(isHardwarePmu),
    perfEventParanoid: numberOrNull(readSysctl('kernel.perf_event_paranoid')),
    tools: {
      perf: isOnPath('perf'),
      bitcoind: isOnPath('bitcoind'),
      chromium: isOnPath('chromium'),
      clinic: isOnPath('clinic'),
    },
    directories: directories.map(inspectDirectory),
  }
}

function countCores(cpus: readonly number[]): number {
  const siblings = cpus.map(
    cpu =>
      readText(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`) ?? String(cpu),
  )
  return new Set(siblings).size
}

function findAffinityProblem(cpus: readonly number[]): string | null {
  try {
    return withAffinity(cpus.slice(0, 1), () =>
      getAffinity().length === 1 ? null : 'pinning is accepted and has no effect',
    )
  } catch (error) {
    return (error as Error).message
  }
}

function readTurbo(): boolean | null {
  const noTurbo = readText('/sys/devices/system/cpu/intel_pstate/no_turbo')
  if (noTurbo !== null) return noTurbo === '0'
  const boost = readText('/sys/devices/system/cpu/cpufreq/boost')
  return boost === null ? null : boost === '1'
}

function readMemory(): Machine['memory'] {
  const text = readText('/proc/meminfo') ?? ''
  const bytesOf = (name: string) =>
    1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return {
    availableBytes: bytesOf('MemAvailable'),
    swapUsedBytes: bytesOf('SwapTotal') - bytesOf('SwapFree'),
  }
}

/** 'cpu', or one per kind of core: 'cpu_core', 'armv8_pmuv3_0'. Others count no instructions. */
function isHardwarePmu(device: string): boolean {
  return /^(cpu|cpu_\w+|armv8_.*)$/.test(device)
}

function isOnPath(tool: string): boolean {
  const directories = (process.env.PATH ?? '').split(delimiter)
  return directories.some(directory => isAllowed(join(directory, tool), constants.X_OK))
}

function inspectDirectory(path: string): Directory {
  const existing = nearestExisting(resolve(path))
  const { bavail, bsize } = statfsSync(existing)
  return { path, freeBytes: bavail * bsize, writable: isAllowed(existing, constants.W_OK) }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path))
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text)
}

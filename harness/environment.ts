import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { getAffinity } from '../implementations/sock/affinity.ts'
import {
  listDirectory,
  readClockSource,
  readCpuMax,
  readGovernor,
  readLoad,
  readSysctl,
  readText,
} from './machine-files.ts'
import type { Environment, SockbenchRecord } from './record.ts'

const sysctlNames = [
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
  'net.core.rmem_max',
  'net.core.wmem_max',
  'kernel.perf_event_paranoid',
]

/** What a record says about the machine before the first round; the plan and the end add the rest. */
export type Fingerprint = Omit<Environment, 'loadAfter' | 'pinning' | 'socketBufferBytes'>

export function fingerprint(): Fingerprint {
  const allowed = getAffinity()
  return {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: allowed,
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    koffi: koffiVersion(),
    governor: readGovernor(allowed),
    clockSource: readClockSource(),
    virtualised: readVirtualised(),
    loadBefore: readLoad(),
    memoryBytes: totalmem(),
    cgroup: { cpuMax: readCpuMax() },
    sysctls: readSysctls(),
  }
}

/** From beside its entry point: the package exports no package.json. */
function koffiVersion(): string {
  return versionOf(new URL('package.json', import.meta.resolve('koffi')))
}

/** The 'hypervisor' CPU flag; only x86 has one, so null elsewhere. */
function readVirtualised(): boolean | null {
  const flags = /^flags\s*:(.*)$/m.exec(readText('/proc/cpuinfo') ?? '')?.[1]
  return flags === undefined ? null : / hypervisor\b/.test(flags)
}

function readSysctls(): Record<string, string> {
  const scheduler = listDirectory('/proc/sys/kernel').filter(name => name.startsWith('sched_'))
  const names = [...sysctlNames, ...scheduler.map(name => `kernel.${name}`)]
  const found = names.flatMap(name => {
    const text = readSysctl(name)
    return text === null ? [] : [[name, text.replaceAll('\t', ' ')]]
  })
  return Object.fromEntries(found)
}

/** Of the compiled file, dist/harness/environment.js. */
const ownPackage = new URL('../../', import.meta.url)

/** A tool's own version, and the commit it runs from: null where its package is no git checkout. */
export function toolIdentity(root: URL = ownPackage): SockbenchRecord['tool'] {
  const version = versionOf(new URL('package.json', root))
  const directory = fileURLToPath(root)
  const prefix = git(directory, 'rev-parse', '--show-prefix')
  // a package installed somewhere below another project's checkout is not that project
  if (prefix !== '') return { version, gitSha: null, dirty: null }
  const changes = git(directory, 'status', '--porcelain')
  return {
    version,
    gitSha: git(directory, 'rev-parse', 'HEAD'),
    dirty: changes === null ? null : changes !== '',
  }
}

function versionOf(packageJson: URL): string {
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version
}

/** What git prints, trimmed; null when it fails or is not there. */
function git(directory: string, ...args: string[]): string | null {
  // in a git hook these name another repository; and reading must not take the index lock
  const env = {
    ...process.env,
    GIT_DIR: undefined,
    GIT_WORK_TREE: undefined,
    GIT_OPTIONAL_LOCKS: '0',
  }
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    return execFileSync('git', args, {
      cwd: directory,
      env,
      stdio: [...stdio],
      encoding: 'utf8',
    }).trim()
  } catch {
    return null
  }
}

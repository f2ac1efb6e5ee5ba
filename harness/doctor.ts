import { exitCodes } from './errors.ts'
import { inspectMachine, type Machine, optionalTools } from './machine.ts'

export interface Check {
  name: string
  /** 'warn': the figures will be worse or fewer. 'fail': nothing can be measured. */
  status: 'ok' | 'warn' | 'fail'
  /** What was found, and what it means for the figures. */
  finding: string
  /** What to do about it; null if nothing needs to be done. */
  advice: string | null
}

/** What this machine lacks for good measurements; `directories` are those that a run writes to. */
export async function examine(directories: readonly string[]): Promise<Check[]> {
  return judge(await inspectMachine(directories))
}

/** Warnings are no failure: the figures say themselves how good they are. */
export function doctorExitCode(checks: readonly Check[]): number {
  return checks.some(({ status }) => status === 'fail') ? exitCodes.runFailed : exitCodes.fine
}

export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap(({ name, status, finding, advice }) => {
    const line = `${status.padEnd(4)}  ${name.padEnd(width)}  ${finding}`
    return advice === null ? [line] : [line, `${' '.repeat(width + 8)}→ ${advice}`]
  })
  return `${lines.join('\n')}\n`
}

export function judge(machine: Machine): Check[] {
  return [
    judgeNode(machine),
    judgeThreadClock(machine),
    judgeAffinity(machine),
    judgeCores(machine),
    judgeQuota(machine),
    judgeSocketBuffers(machine),
    judgeLoad(machine),
    judgeOtherProcesses(machine),
    judgeNeighbours(machine),
    judgeMemory(machine),
    judgeGovernor(machine),
    judgeTurbo(machine),
    judgeClock(machine),
    judgeCounters(machine),
    judgeOptionalTools(machine),
    ...machine.directories.map(judgeDirectory),
  ]
}

/** `engines` in package.json. */
const nodeFloor = { major: 20, minor: 12 }
/** What a run asks for on both ends of every connection. */
const socketBufferBytes = 256 << 10
const busyLoad = 0.5
const busyPercent = 5
const stealLimitPercent = 1
const enoughMemoryBytes = 1 << 30
const tolerableSwapBytes = 64 << 20
const enoughDiskBytes = 1 << 30
/** Clocks that are read without a system call (vDSO). */
const fastClocks = ['tsc', 'arch_sys_counter', 'kvm-clock', 'hyperv_clocksource_tsc_page']

function judgeNode({ node }: Machine): Check {
  const [major, minor] = node.split('.').map(Number)
  const old = major < nodeFloor.major || (major === nodeFloor.major && minor < nodeFloor.minor)
  return old
    ? fail('Node', `${node} is too old`, `install ${nodeFloor.major}.${nodeFloor.minor} or later`)
    : ok('Node', node)
}

function judgeThreadClock({ schedstatProblem }: Machine): Check {
  const name = 'CPU per thread'
  if (schedstatProblem === null) return ok(name, 'schedstat counts nanoseconds')
  return fail(name, schedstatProblem, 'use another kernel; every distribution kernel has this')
}

function judgeAffinity({ affinityProblem }: Machine): Check {
  if (affinityProblem === null) return ok('affinity', 'processes can be pinned')
  return fail(
    'affinity',
    `processes cannot be pinned: ${affinityProblem}`,
    'allow sched_setaffinity (a container’s seccomp profile may forbid it)',
  )
}

function judgeCores({ cpus, cores }: Machine): Check {
  const numbers = `CPU ${cpus.join(', ')}`
  if (cores >= 2) return ok('cores', `${cpus.length} CPUs on ${cores} cores (${numbers})`)
  const shared =
    cpus.length > 1 ? `${numbers} are one core` : `${numbers} is the only one this process may use`
  return warn(
    'cores',
    `${shared}: driver and subject disturb each other’s caches and wait for each other`,
    'give it two physical cores; compare within one run only until then',
  )
}

function judgeQuota({ cpuMax, cpus }: Machine): Check {
  const [quotaUs, periodUs] = (cpuMax ?? 'max').split(' ').map(Number)
  if (Number.isNaN(quotaUs)) return ok('CPU quota', 'none')
  const allowed = quotaUs / periodUs
  const finding = `the cgroup may use ${allowed} of ${cpus.length} CPUs`
  if (allowed >= cpus.length) return ok('CPU quota', finding)
  return warn(
    'CPU quota',
    `${finding}: when that is used up everything stands still for the rest of a ${periodUs / 1000} ms period, which ruins wall time and latency`,
    'lift the limit (docker run without --cpus, Kubernetes with whole CPUs and a static CPU manager)',
  )
}

function judgeSocketBuffers({ socketBufferMaxBytes: { receive, send } }: Machine): Check {
  const name = 'socket buffers'
  if (receive === null || send === null)
    return ok(name, 'their limits are not shown here; a record says what was asked for')
  const found = `at most ${kib(receive)} to receive, ${kib(send)} to send`
  if (Math.min(receive, send) >= socketBufferBytes) return ok(name, found)
  return warn(
    name,
    `${found}; ${kib(socketBufferBytes)} are asked for and cut to that: comparisons hold, figures differ from other machines’`,
    `sysctl -w net.core.rmem_max=${1 << 22} net.core.wmem_max=${1 << 22}`,
  )
}

function judgeLoad({ load }: Machine): Check {
  const finding = `${load.toFixed(2)} in the last minute`
  if (load < busyLoad) return ok('load', finding)
  return warn(
    'load',
    `${finding}: intervals get wider, and wall time and latency get worse`,
    'wait until the machine is idle',
  )
}

function judgeOtherProcesses({ activity }: Machine): Check {
  const busy = activity.processes.filter(({ cpuPercent }) => cpuPercent >= busyPercent)
  if (busy.length === 0) return ok('other processes', 'idle')
  const list = busy
    .slice(0, 3)
    .map(({ name, pid, cpuPercent }) => `${name} (pid ${pid}) ${cpuPercent.toFixed(0)} %`)
    .join(', ')
  return warn(
    'other processes',
    `${list} of a CPU: they take caches and time from the subjects`,
    'stop them, or wait until they are done',
  )
}

function judgeNeighbours({ activity: { stealPercent } }: Machine): Check {
  const finding = `the hypervisor gave ${stealPercent.toFixed(1)} % of the CPU time away`
  if (stealPercent < stealLimitPercent) return ok('neighbours', finding)
  return warn(
    'neighbours',
    `${finding}: wall time and latency are not this machine’s own`,
    'use a machine with dedicated CPUs, or more rounds',
  )
}

function judgeMemory({ memory: { availableBytes, swapUsedBytes } }: Machine): Check {
  const finding = `${gib(availableBytes)} available, ${gib(swapUsedBytes)} swapped out`
  if (availableBytes < enoughMemoryBytes)
    return warn('memory', `${finding}: subjects may be swapped out or killed`, 'free some memory')
  if (swapUsedBytes > tolerableSwapBytes)
    return warn(
      'memory',
      `${finding}: whatever has to be read back costs CPU and time at random`,
      'swapoff -a && swapon -a',
    )
  return ok('memory', finding)
}

function judgeGovernor({ governor }: Machine): Check {
  if (governor === null) return ok('governor', 'not shown here (usual in a virtual machine)')
  if (governor === 'performance') return ok('governor', governor)
  return warn(
    'governor',
    `${governor}: the clock rate follows the load, so the same work costs different CPU time`,
    'cpupower frequency-set -g performance',
  )
}

function judgeTurbo({ turbo }: Machine): Check {
  if (turbo === null) return ok('turbo', 'not shown here (usual in a virtual machine)')
  if (!turbo) return ok('turbo', 'off')
  return warn(
    'turbo',
    'on: the clock rate depends on temperature and on what the other cores do',
    'echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 > /sys/devices/system/cpu/cpufreq/boost',
  )
}

function judgeClock({ clockSource }: Machine): Check {
  if (clockSource === null) return ok('clock', 'not shown here')
  if (fastClocks.includes(clockSource)) return ok('clock', clockSource)
  return warn(
    'clock',
    `${clockSource}: each reading is a system call of a microsecond, inside the latencies`,
    'boot with clocksource=tsc if the CPU’s is stable (dmesg | grep -i tsc)',
  )
}

function judgeCounters({ hardwareCounters, perfEventParanoid }: Machine): Check {
  const name = 'hardware counters'
  const meaning = 'no cycles and instructions; CPU time and counts are not affected'
  if (!hardwareCounters)
    return warn(name, `none: ${meaning}`, 'bare metal, or a virtual machine with a virtual PMU')
  if (perfEventParanoid !== null && perfEventParanoid > 2)
    return warn(
      name,
      `locked (kernel.perf_event_paranoid is ${perfEventParanoid}): ${meaning}`,
      'sysctl -w kernel.perf_event_paranoid=2',
    )
  return ok(name, 'there for perf')
}

/** What each is good for, and how to get it. */
const toolAdvice: Record<(typeof optionalTools)[number], string> = {
  perf: 'perf (apt install linux-perf)',
  bitcoind: 'bitcoind (bitcoincore.org/en/download)',
  chromium: 'chromium (apt install chromium)',
  clinic: 'clinic (npm install --no-save clinic@13)',
}

function judgeOptionalTools({ tools }: Machine): Check {
  const found = optionalTools.filter(tool => tools[tool])
  const missing = optionalTools.filter(tool => !tools[tool])
  return {
    name: 'optional tools',
    status: 'ok',
    finding: `found: ${found.join(', ') || 'none'}; no figure depends on them`,
    advice: missing.length === 0 ? null : missing.map(tool => toolAdvice[tool]).join(' · '),
  }
}

function judgeDirectory({ path, freeBytes, writable }: Machine['directories'][number]): Check {
  const name = `disk ${path}`
  if (!writable)
    return fail(name, 'not writable: nothing could be kept', 'choose another directory')
  const finding = `${gib(freeBytes)} free`
  if (freeBytes >= enoughDiskBytes) return ok(name, finding)
  return warn(name, `${finding}: chains and records may not fit`, 'free some space')
}

function ok(name: string, finding: string): Check {
  return { name, status: 'ok', finding, advice: null }
}

function warn(name: string, finding: string, advice: string): Check {
  return { name, status: 'warn', finding, advice }
}

function fail(name: string, finding: string, advice: string): Check {
  return { name, status: 'fail', finding, advice }
}

function kib(bytes: number): string {
  return `${Math.floor(bytes / 1024)} KiB`
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

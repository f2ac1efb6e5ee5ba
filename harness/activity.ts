import { setTimeout as sleep } from 'node:timers/promises'
import { listDirectory, readText } from './machine-files.ts'

/** What /proc counts CPU time in (USER_HZ): 10 ms on every Linux with Node. */
const tickMs = 10

interface ProcessLoad {
  pid: number
  name: string
  /** Of one CPU. */
  cpuPercent: number
}

export interface Activity {
  /** Every other process that used any CPU, busiest first. */
  processes: ProcessLoad[]
  /** CPU time the hypervisor gave to other machines while this one wanted it, in % of all CPU time. */
  stealPercent: number
}

/** What else this machine does, observed over `windowMs`; one tick is 10 ms. */
export async function observeActivity(windowMs: number): Promise<Activity> {
  const before = { ticks: readProcessTicks(), machine: readMachineTicks(), at: performance.now() }
  await sleep(windowMs)
  const elapsedMs = performance.now() - before.at
  const machine = readMachineTicks()
  const processes = [...readProcessTicks()].map(([pid, { name, ticks }]) => {
    const used = ticks - (before.ticks.get(pid)?.ticks ?? 0)
    return { pid, name, cpuPercent: (100 * used * tickMs) / elapsedMs }
  })
  const total = machine.total - before.machine.total
  return {
    processes: processes
      .filter(({ pid, cpuPercent }) => pid !== process.pid && cpuPercent > 0)
      .sort((a, b) => b.cpuPercent - a.cpuPercent),
    stealPercent: total === 0 ? 0 : (100 * (machine.steal - before.machine.steal)) / total,
  }
}

/** User and system ticks of every process by pid: fields 14 and 15 of /proc/PID/stat (proc(5)). */
function readProcessTicks(): Map<number, { name: string; ticks: number }> {
  const found = new Map<number, { name: string; ticks: number }>()
  for (const pid of listDirectory('/proc').filter(name => /^\d+$/.test(name))) {
    const stat = /\((.*)\) . ((?:\S+ ){10})(\d+) (\d+)/s.exec(readText(`/proc/${pid}/stat`) ?? '')
    if (stat === null) continue // gone meanwhile
    found.set(Number(pid), { name: stat[1], ticks: Number(stat[3]) + Number(stat[4]) })
  }
  return found
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal …, summed over CPUs. */
function readMachineTicks(): { total: number; steal: number } {
  const line = readText('/proc/stat')?.split('\n')[0] ?? ''
  const ticks = line.split(/\s+/).slice(1, 9).map(Number)
  return { total: ticks.reduce((sum, n) => sum + n, 0), steal: ticks[7] ?? 0 }
}

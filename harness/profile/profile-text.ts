import { change, figure, percentOfOne } from '../report/quantities.ts'
import { frameText } from './frame.ts'
import type { FunctionResult, ProfileResult, ThreadResult } from './profile-result.ts'

/** For the terminal: what a session found, and what it cost. */
export function profileText(result: ProfileResult, page: string): string {
  const { scenario, label, programs, rounds, seed, intervalUs, warnings, threads } = result
  const lines = [
    `${programs.map(({ name }) => name).join(' against ')}: ${scenario}, ${label}`,
    `${rounds} rounds of fresh processes, a sample every ${figure(intervalUs)} µs, seed ${seed}`,
    'Figures are of processes with a profiler in them: shares and differences, no timings.',
    ...warnings.map(warning => `! ${warning}`),
    '',
    ...overheadLines(result),
    '',
    ...threads.flatMap(thread => [...threadLines(result, thread), '']),
    ...comparisonLines(result),
    timeLine(result),
    `${page}`,
  ]
  return `${lines.join('\n')}\n`
}

export function overheadLines({ overheads, unit }: ProfileResult): string[] {
  return overheads.flatMap(({ program, plainNs, profiledNs, ratio, interval, polls, ...other }) => [
    `${program}: the profiler costs ${change(ratio, interval?.low ?? null, interval?.high ?? null)} of the threads' CPU` +
      `${interval === null ? ' (too few rounds for an interval)' : ''}: ${figure(plainNs)} ns per ${unit} without it, ${figure(profiledNs)} with it` +
      `; other threads ${figure(other.plainOtherNs)} and ${figure(other.profiledOtherNs)}`,
    ...(polls === null
      ? []
      : [
          `  polls per ${unit}: ${figure(polls.plain.calls)} without it, ${figure(polls.profiled.calls)} with it, ` +
            `of which its signals ended ${figure(polls.profiled.interrupted)}`,
        ]),
  ])
}

function threadLines({ programs, unit }: ProfileResult, thread: ThreadResult): string[] {
  const shown = thread.functions.toSorted((one, other) => largest(other) - largest(one)).slice(0, 8)
  return [
    `${thread.thread}: ${thread.costNs.map(cost => figure(cost)).join(' and ')} ns of CPU per ${unit}`,
    ...programs.map((program, i) => `  ${program.name}: ${samplingText(thread, i)}`),
    ...shown.map(one => `  ${sharesText(one, thread)}  ${frameText(one)}`),
  ]
}

/** What the samples account for, against what /proc says. */
export function samplingText({ sampling, isNative }: ThreadResult, program: number): string {
  const { samples, computingSeconds, cpuSeconds } = sampling[program]
  if (isNative)
    return `${figure(samples.computes)} samples on a CPU, ${figure(cpuSeconds)} s by /proc`
  const kernel = samples['calls the kernel']
  return (
    `of ${figure(cpuSeconds)} s of CPU by /proc, ${percentOfOne(computingSeconds / cpuSeconds)} computing ` +
    `(${figure(samples.computes)} samples), the rest in the kernel ` +
    `(${figure(kernel)} samples in calls, ${figure(samples.sleeps)} in those that sleep)`
  )
}

function sharesText({ selfNs }: FunctionResult, { costNs }: ThreadResult): string {
  return selfNs
    .map((self, i) => `${((100 * self) / Math.max(costNs[i], 1e-9)).toFixed(1)} %`.padStart(7))
    .join(' ')
}

function largest({ selfNs }: FunctionResult): number {
  return Math.max(...selfNs)
}

function comparisonLines(result: ProfileResult): string[] {
  const { comparison, programs, threads, unit } = result
  if (comparison === null) return []
  const significant = threads
    .flatMap(({ thread, functions }) => functions.map(one => ({ thread, ...one })))
    .filter(one => one.significant)
    .sort((one, other) => sizeOf(other) - sizeOf(one))
  return [
    `${comparisonSentence(result)}`,
    ...significant.map(({ thread, selfNs, difference, ...frame }) => {
      const [first, second] = selfNs.map(figure)
      const interval = difference?.interval
      const range = interval == null ? '' : ` [${signed(interval.low)}, ${signed(interval.high)}]`
      return `  ${signed(difference?.estimate ?? 0)} ns${range} per ${unit} (${first} → ${second})  ${thread}  ${frameText(frame)}${onlyText(frame, programs)}`
    }),
    '',
  ]
}

/** How many functions differ of how many that were looked at, and how sure that is. */
export function comparisonSentence({ comparison, programs, rounds }: ProfileResult): string {
  if (comparison === null) return ''
  const [first, second] = programs.map(({ name }) => name)
  const { tested, significant, roundsNeeded } = comparison
  const few =
    rounds < roundsNeeded ? ` (with ${rounds} rounds none could; it takes ${roundsNeeded})` : ''
  return (
    `${significant} of ${tested} functions cost ${second} something else than ${first}${few}: ` +
    'signed-rank over rounds, 5 % for all of them together (Holm)'
  )
}

export function onlyText(
  { only }: Pick<FunctionResult, 'only'>,
  programs: readonly { name: string }[],
): string {
  if (only === null) return ''
  return `, sampled only in ${programs[only === 'first' ? 0 : 1].name}`
}

function sizeOf({ difference }: FunctionResult): number {
  return Math.abs(difference?.estimate ?? 0)
}

export function signed(value: number): string {
  if (value === 0) return '0'
  return `${value < 0 ? '−' : '+'}${figure(Math.abs(value))}`
}

function timeLine({ spentSeconds }: ProfileResult): string {
  const parts = Object.entries(spentSeconds).map(([what, s]) => `${what} ${s.toFixed(1)}`)
  const total = Object.values(spentSeconds).reduce((sum, s) => sum + s, 0)
  return `${total.toFixed(1)} s in all: ${parts.join(', ')}`
}

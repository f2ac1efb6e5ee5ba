import { isDeepStrictEqual } from 'node:util'
import { exitCodes } from '../errors.ts'
import type { ComparisonRow, CounterFindings, GateResult, WaitRow } from '../gate/gate-result.ts'
import { RecordError } from '../record-store.ts'
import { assertMadeAlike, assertNoneTwice, codeOf, type Stored } from './belonging.ts'
import { machineName } from './machine-factor.ts'
import { assertSamePlan } from './same-plan.ts'
import { missingShards, storedShard } from './shards.ts'

/**
 * One result of the shards of a gate, which are numbered. Nothing is pooled: what several machines have
 * gated keeps a row of each. It is as bad as the worst of them, and failed where a shard is missing.
 * @throws RecordError where they do not belong together: other versions of sockbench, another base or
 * head, shards of different plans, the same result twice, or one that is merged already
 */
export function mergeGates(stored: readonly Stored<GateResult>[]): GateResult {
  assertMergeable(stored)
  const gates = stored.map(({ content }) => content).toSorted(byShard)
  const [first] = gates
  const missing = missingShards(gates.map(shardOf))
  const comparisons = byMachine(gates.map(gate => gate.comparisons))
  const waits = byMachine(gates.map(gate => gate.waits))
  return {
    ...first,
    sources: gates.flatMap(({ sources }) => sources),
    comparisons: comparisons.rows,
    waits: waits.rows,
    counters: unitedCounters(gates.flatMap(({ counters }) => counters ?? [])),
    failures: gates.flatMap(({ failures }) => failures),
    warnings: [
      ...missing,
      ...unlikeChanges(gates),
      ...comparisons.disagreements,
      ...waits.disagreements,
      ...gates.flatMap(({ warnings }, i) => warnings.map(text => `${machineName(i)}: ${text}`)),
    ],
    exitCode: worst([
      ...gates.map(({ exitCode }) => exitCode),
      missing.length === 0 ? exitCodes.fine : exitCodes.runFailed,
    ]),
  }
}

/** A regression is one, whatever else went wrong; what failed has not passed. */
function worst(codes: readonly number[]): number {
  const { regression, interrupted, runFailed, undecided, fine } = exitCodes
  return [regression, interrupted, runFailed, undecided].find(one => codes.includes(one)) ?? fine
}

function shardOf({ sources: [{ shard }] }: GateResult): string | null {
  return shard
}

function byShard(one: GateResult, other: GateResult): number {
  const number = (gate: GateResult) => storedShard(shardOf(gate))?.number ?? 0
  return number(one) - number(other)
}

/** With changes that no commit has, base or head may have been another on each machine. */
function unlikeChanges(gates: readonly GateResult[]): string[] {
  const [{ base, head }, ...others] = gates
  const dirty = others.length === 0 ? [] : [base, head].filter(one => one.dirty === true)
  return dirty.map(
    ({ name }) =>
      `${name} had uncommitted changes, which may not have been the same on all machines`,
  )
}

/** Rows know their machine; where several have the same row, what tells rows apart says it, too. */
function byMachine<T extends ComparisonRow | WaitRow>(
  gates: readonly (readonly T[])[],
): { rows: T[]; disagreements: string[] } {
  const rows = gates.flatMap((own, source) => own.map(row => ({ ...row, source })))
  const alike = rows.map(({ id }) => rows.filter(row => row.id === id))
  return {
    rows: rows.map((row, i) =>
      alike[i].length === 1 ? row : { ...row, id: `${row.id}, ${machineName(row.source)}` },
    ),
    disagreements: alike
      .filter((same, i) => same[0] === rows[i] && same.some(row => row.colour !== same[0].colour))
      .map(same => {
        const colours = same.map(({ colour, source }) => `${colour} on ${machineName(source)}`)
        return `machines disagree: ${same[0].id} is ${colours.join(', ')}`
      }),
  }
}

/** Counts do not depend on the machine: what was found twice is one. */
function unitedCounters(findings: readonly CounterFindings[]): CounterFindings | null {
  if (findings.length === 0) return null
  return {
    ...findings[0],
    compared: Math.max(...findings.map(({ compared }) => compared)),
    violations: distinct(findings.flatMap(({ violations }) => violations)),
    failures: distinct(findings.flatMap(({ failures }) => failures)),
    notes: distinct(findings.flatMap(({ notes }) => notes)),
  }
}

function distinct<T>(values: readonly T[]): T[] {
  return values.filter((value, i) => values.findIndex(one => isDeepStrictEqual(one, value)) === i)
}

function assertMergeable(stored: readonly Stored<GateResult>[]): void {
  const merged = stored.find(({ content }) => content.sources.length > 1)
  if (merged !== undefined) {
    throw new RecordError(`${merged.path} is merged already: name the results it was made from`)
  }
  assertNoneTwice(stored)
  assertMadeAlike(stored, 'by sockbench', ({ tool }) => tool.gitSha ?? tool.version)
  assertMadeAlike(stored, 'against base', ({ base }) => codeOf(base))
  assertMadeAlike(stored, 'for head', ({ head }) => codeOf(head))
  assertSamePlan(
    stored.map(({ path, content }) => ({ path, content: content.configuration.values })),
  )
}

import { isDeepStrictEqual } from 'node:util'
import { type ResolvedConfiguration, resolvedConfiguration } from '../configuration/resolved.ts'
import { analyseDispatch } from '../dispatch/analyse.ts'
import type { Provenance, RevisionSource, ScenarioResult, SockbenchRecord } from '../record.ts'
import { RecordError } from '../record-store.ts'
import { assertMadeAlike, assertNoneTwice, codeOf, type Stored } from './belonging.ts'
import { machineFactor, type Repeated } from './machine-factor.ts'
import { labelledByMachine } from './machine-labels.ts'
import { machineNotes } from './machine-notes.ts'
import { assertSamePlan } from './same-plan.ts'
import { missingShards, storedShard } from './shards.ts'

/**
 * One record of several, which are numbered: by shard, where they are the shards of one run. Nothing is
 * pooled. Every record counts as a machine of its own; a workload that several have measured stays as
 * often as it was measured, and what that says about the machines is among the warnings.
 * @throws RecordError where they do not belong together: other versions of sockbench, other margins or
 * revisions, shards of different plans, the same record twice, or one that is merged already
 */
export function mergeRecords(stored: readonly Stored<SockbenchRecord>[]): SockbenchRecord {
  assertMergeable(stored)
  const revisions = unitedRevisions(stored)
  const records = stored
    .map(({ content }) => content)
    .toSorted(byPlace)
    .map(withSource)
  const repeated = repeatedIn(records.flatMap(({ scenarios }) => scenarios))
  const labelled = records.map((record, source) =>
    labelledByMachine(record, source, one => repeated.some(([same]) => isSameWorkload(one, same))),
  )
  const [first] = labelled
  return {
    ...first,
    configuration: {
      ...first.configuration,
      shard: null,
      measurements: records.flatMap(measurementsIn),
    },
    revisions,
    merged: records.map(provenanceOf),
    scenarios: labelled.flatMap(({ scenarios }) => scenarios),
    dispatch: first.dispatch && analyseDispatch(first.dispatch.processes, first.scenarios),
    failures: labelled.flatMap(({ failures }) => failures),
    warnings: [
      ...missingShards(records.map(shardOf)),
      ...machineFactor(repeated),
      ...machineNotes(records, repeated),
      ...labelled.flatMap(({ warnings }) => warnings),
    ],
  }
}

/** A record has room for one `dispatch`: that of the first record, whose workloads it says something of. */
function byPlace(one: SockbenchRecord, other: SockbenchRecord): number {
  const afterDispatch = ({ dispatch }: SockbenchRecord) => (dispatch === null ? 1 : 0)
  const number = (record: SockbenchRecord) => storedShard(shardOf(record))?.number ?? 0
  return afterDispatch(one) - afterDispatch(other) || number(one) - number(other)
}

export function shardOf({ configuration }: SockbenchRecord): unknown {
  return configuration.shard
}

function withSource(record: SockbenchRecord, source: number): SockbenchRecord {
  return { ...record, scenarios: record.scenarios.map(one => ({ ...one, source })) }
}

function measurementsIn({ configuration: { measurements } }: SockbenchRecord) {
  return Array.isArray(measurements) ? measurements : []
}

function provenanceOf(record: SockbenchRecord): Provenance {
  const { tool, startedAt, durationMs, seed, command, environment } = record
  return { tool, startedAt, durationMs, seed, command, environment }
}

/** The workloads that more than one record has. */
function repeatedIn(results: readonly ScenarioResult[]): Repeated[] {
  return results.flatMap(result => {
    const same = results.filter(one => isSameWorkload(one, result))
    return same.length > 1 && same[0] === result ? [same] : []
  })
}

function isSameWorkload(one: ScenarioResult, other: ScenarioResult): boolean {
  return (
    one.scenario === other.scenario &&
    one.label === other.label &&
    isDeepStrictEqual(one.parameters, other.parameters)
  )
}

function assertMergeable(stored: readonly Stored<SockbenchRecord>[]): void {
  const merged = stored.find(({ content }) => content.merged.length > 0)
  if (merged !== undefined) {
    throw new RecordError(`${merged.path} is merged already: name the records it was made from`)
  }
  assertNoneTwice(stored)
  assertMadeAlike(stored, 'by sockbench', ({ tool }) => tool.gitSha ?? tool.version)
  assertMadeAlike(stored, 'with a margin of', ({ configuration }) =>
    typeof configuration.marginPercent === 'number'
      ? `${configuration.marginPercent} %`
      : 'no size',
  )
  const shards = stored.filter(({ content }) => storedShard(shardOf(content)) !== undefined)
  assertSamePlan(shards.map(({ path, content }) => ({ path, content: optionsOf(content) })))
}

/** Of the command that measured it. */
function optionsOf({ configuration }: SockbenchRecord): ResolvedConfiguration['values'] {
  const { data } = resolvedConfiguration.safeParse(configuration.options)
  return data?.values ?? {}
}

/** By name, which stands for the same code in all of them. */
function unitedRevisions(stored: readonly Stored<SockbenchRecord>[]): RevisionSource[] {
  const known = new Map<string, { path: string; source: RevisionSource }>()
  for (const { path, content } of stored) {
    for (const source of content.revisions) {
      const before = known.get(source.name)
      if (before !== undefined && codeOf(before.source) !== codeOf(source)) {
        throw new RecordError(
          `${source.name} is ${codeOf(before.source)} in ${before.path}, and ${codeOf(source)} in ` +
            `${path}: merge what was made of one, or measure again`,
        )
      }
      known.set(source.name, before ?? { path, source })
    }
  }
  return [...known.values()].map(({ source }) => source)
}

import type { Address } from '../../implementations/sock/sock.ts'
import type { Cutting } from './cuttings.ts'
import { Dialogue } from './dialogue.ts'
import { type Checked, judgeTogether, quoted, said } from './verdict.ts'

/** An utterance in one cutting. */
export interface Task<U> {
  readonly utterance: U
  readonly cutting: Cutting
}

interface Utterance {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface Batches<U> {
  readonly address: Address
  readonly utterances: readonly U[]
  readonly cut: (bytes: Uint8Array) => Cutting[]
  /** Connections at a time. */
  readonly size: number
  readonly carryOut: (
    tasks: readonly Task<U>[],
    dialogues: readonly Dialogue[],
  ) => Promise<Checked[]>
  readonly onProgress: ((done: number, total: number) => void) | undefined
}

/**
 * Says each utterance in every cutting, each on a connection of its own, a batch of them at a time. A batch
 * that breaks off is the last.
 */
export async function inBatches<U extends Utterance>({
  address,
  utterances,
  cut,
  size,
  carryOut,
  onProgress,
}: Batches<U>): Promise<Checked[]> {
  const tasks = utterances.flatMap(utterance =>
    cut(utterance.bytes).map(cutting => ({ utterance, cutting })),
  )
  // Those of as many pieces together: each piece costs all of a batch a round trip.
  tasks.sort((a, b) => a.cutting.pieces.length - b.cutting.pieces.length)
  const checked: Checked[] = []
  for (let at = 0; at < tasks.length; at += size) {
    onProgress?.(at, tasks.length)
    const batch = tasks.slice(at, at + size)
    const { answers, isBroken } = await carryOutBatch(address, batch, carryOut)
    checked.push(...answers)
    if (isBroken) break
  }
  return judgeTogether(checked)
}

/** A server that is gone or stuck leaves a whole batch unjudged: what it has sent until then is kept. */
async function carryOutBatch<U extends Utterance>(
  address: Address,
  batch: readonly Task<U>[],
  carryOut: Batches<U>['carryOut'],
): Promise<{ answers: Checked[]; isBroken: boolean }> {
  let dialogues: readonly Dialogue[] = []
  try {
    dialogues = await Dialogue.openAll(address, batch.length)
    return { answers: await carryOut(batch, dialogues), isBroken: false }
  } catch (error) {
    const answers = batch.map((task, i) => brokenOff(task, dialogues.at(i)?.received, error))
    return { answers, isBroken: true }
  } finally {
    for (const dialogue of dialogues) dialogue.close()
  }
}

function brokenOff(
  { utterance, cutting }: Task<Utterance>,
  received: Buffer | undefined,
  error: unknown,
): Checked {
  const problem = `broken off: ${error instanceof Error ? error.message : String(error)}`
  return {
    utterance: utterance.name,
    cutting: cutting.name,
    transcript: problem,
    problem,
    conversation: [
      ...said(cutting.pieces),
      received === undefined ? '< no connection' : `< ${quoted(received)}`,
    ].join('\n'),
  }
}

/** Sends the first piece of each, then the second. @param between when the first `sent` of each have been */
export async function sendInStep(
  tasks: readonly Task<unknown>[],
  dialogues: readonly Dialogue[],
  between: (sent: number) => Promise<void>,
): Promise<void> {
  const steps = Math.max(...tasks.map(({ cutting }) => cutting.pieces.length))
  for (let step = 0; step < steps; step++) {
    if (step > 0) await between(step)
    for (const [i, { cutting }] of tasks.entries()) {
      if (step < cutting.pieces.length) dialogues[i].send(cutting.pieces[step])
    }
  }
}

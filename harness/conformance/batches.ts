import type { Address } from '../../implementations/sock/sock.ts'
import type { Cutting } from './cuttings.ts'
import { Dialogue } from './dialogue.ts'
import { type Checked, judgeTogether } from './verdict.ts'

/** An utterance in one cutting. */
export interface Task<U> {
  readonly utterance: U
  readonly cutting: Cutting
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

/** Says each utterance in every cutting, each on a connection of its own, a batch of them at a time. */
export async function inBatches<U extends { readonly bytes: Uint8Array }>({
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
    const dialogues = await Dialogue.openAll(address, batch.length)
    try {
      checked.push(...(await carryOut(batch, dialogues)))
    } finally {
      for (const dialogue of dialogues) dialogue.close()
    }
  }
  return judgeTogether(checked)
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

import { createHash } from 'node:crypto'
import { mulberry32 } from '../../scenarios/random.ts'
import { shuffled } from '../shuffle.ts'

/** In per cent of the CPU per unit of work. */
export type DosePercent = (typeof doses)[number]
export const doses = [0, 0.5, 1, 2, 4] as const

/** Every experiment has these two, and one of the others in turn. */
const always = [0, 1] as const satisfies readonly DosePercent[]
const inTurn = [0.5, 2, 4] as const satisfies readonly DosePercent[]

/** What rounds and analysis know the arms by. */
export const armNames = ['arm 1', 'arm 2', 'arm 3'] as const

/**
 * Which arm of an experiment has which dose, in the order of `armNames`: drawn from the seed, so that
 * nobody needs to know it, or store it, before the experiment has been judged. Of three experiments that
 * follow each other each has another of the doses in turn.
 * @param index of the experiment, from 1
 */
export function dosesOf(seed: number, index: number): DosePercent[] {
  const block = Math.floor((index - 1) / inTurn.length)
  const turn = shuffled(inTurn, mulberry32(seedFor(seed, `doses ${block}`)))
  const third = turn[(index - 1) % inTurn.length]
  return shuffled([...always, third], mulberry32(seedFor(seed, `arms ${index}`)))
}

/** A seed of its own for each thing that is random, from 0 to 2^32 - 1. */
export function seedFor(seed: number, purpose: string): number {
  return createHash('sha256').update(`${seed} ${purpose}`).digest().readUInt32LE(0)
}

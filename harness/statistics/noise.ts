/** Draws so many differences, one per round, of centre 0 and standard deviation 1. */
export type Noise = (random: () => number, rounds: number) => number[]

/** Under which the statistics are tried out, from what they assume to what they do not. */
export const noises = {
  Gaussian: independent(gaussian),
  't, 3 df': independent(student3),
  '10 % at 5 sd': independent(contaminated),
  exponential: independent(exponential),
  'AR(1), 0.3': autoregressive,
  'drift of 2 sd': drifting,
} as const satisfies Record<string, Noise>

function independent(draw: (random: () => number) => number): Noise {
  return (random, rounds) => Array.from({ length: rounds }, () => draw(random))
}

/** By Box and Muller. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function student3(random: () => number): number {
  const chiSquared = gaussian(random) ** 2 + gaussian(random) ** 2 + gaussian(random) ** 2
  const variance = 3
  return gaussian(random) / Math.sqrt(chiSquared / 3) / Math.sqrt(variance)
}

/** One in ten has five times the deviation of the others. */
function contaminated(random: () => number): number {
  const variance = 0.9 + 0.1 * 5 ** 2
  return (gaussian(random) * (random() < 0.1 ? 5 : 1)) / Math.sqrt(variance)
}

/**
 * More skewed than differences of logarithms should ever be. What Hodges and Lehmann estimate is half
 * the median of the sum of two, 1.678 / 2; the mean is 1.
 */
function exponential(random: () => number): number {
  return -Math.log(1 - random()) - 1.6783469900166605 / 2
}

function autoregressive(random: () => number, rounds: number): number[] {
  const values = [gaussian(random)]
  while (values.length < rounds) {
    values.push(0.3 * values[values.length - 1] + Math.sqrt(1 - 0.3 ** 2) * gaussian(random))
  }
  return values
}

/** From -1 to 1 over the rounds that were planned, on top of Gaussian noise: 0 only in all. */
function drifting(random: () => number, rounds: number): number[] {
  return Array.from({ length: rounds }, (_, i) => gaussian(random) + (2 * i) / (rounds - 1) - 1)
}

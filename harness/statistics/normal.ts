/**
 * P(Z > z) of the standard normal distribution, z ≥ 0, to twelve digits or more.
 * Source: Abramowitz & Stegun 26.2.11 (series) and 26.2.14 (continued fraction).
 */
export function normalTail(z: number): number {
  return z < 3 ? 0.5 - density(z) * series(z) : density(z) / continuedFraction(z)
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
}

/** z + z³/3 + z⁵/(3·5) + … */
function series(z: number): number {
  let sum = 0
  let term = z
  for (let k = 3; sum + term !== sum; k += 2) {
    sum += term
    term *= (z * z) / k
  }
  return sum
}

/** z + 1/(z + 2/(z + 3/(z + …))) */
function continuedFraction(z: number): number {
  let value = z
  for (let k = 200; k >= 1; k--) value = z + k / value
  return value
}

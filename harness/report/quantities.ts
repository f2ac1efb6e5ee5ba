/** Three significant digits, thousands grouped: `0.0123`, `4.56`, `12,300`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}

/** Microseconds in the unit that suits them: `85 µs`, `1.23 ms`, `50.1 ms`, `1.5 s`. */
export function duration(us: number): string {
  if (us < 1e3) return `${figure(us)} µs`
  return us < 1e6 ? `${figure(us / 1e3)} ms` : `${figure(us / 1e6)} s`
}

/** A share of one, `0.5 %`, `97 %`. */
export function percentOfOne(share: number): string {
  return `${(100 * share).toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`
}

/** `1.0123` of a ratio, always with four decimals, for columns. */
export function ratioFigure(ratio: number): string {
  return ratio.toFixed(4)
}

/** `1.064 × [1.051, 1.080]` of a ratio that is not about 1. */
export function ratioText(ratio: number, low: number | null, high: number | null): string {
  const interval = low === null || high === null ? '' : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`
  return `${ratio.toFixed(3)} ×${interval}`
}

/** A ratio as a change: `+0.3 %`, and with its interval `+0.3 % [−0.2, +0.8]`. */
export function change(ratio: number, low: number | null, high: number | null): string {
  if (low === null || high === null) return `${signed(percentOf(ratio), 1)} %`
  const decimals = decimalsFor([percentOf(low), percentOf(high)])
  const [middle, from, to] = [ratio, low, high].map(r => signed(percentOf(r), decimals))
  return `${middle} % [${from}, ${to}]`
}

/** A size without a sign: `0.7 %`. */
export function percent(value: number): string {
  return `${value.toFixed(decimalsFor([value]))} %`
}

/** An end of a scale: `−3 %`, `+0.5 %`. */
export function signedPercent(value: number): string {
  return `${value < 0 ? '−' : '+'}${figure(Math.abs(value))} %`
}

/** A margin as it was given: `1 %`, `0.25 %`. */
export function marginText(marginPercent: number): string {
  return `${String(marginPercent)} %`
}

function percentOf(ratio: number): number {
  return 100 * (ratio - 1)
}

/** One decimal, or up to three where a bound would otherwise read as 0 and hide its sign. */
function decimalsFor(values: readonly number[]): number {
  const most = 3
  const visible = values.filter(value => Number(value.toFixed(most)) !== 0)
  const hidesNone = (decimals: number) => visible.every(v => Number(v.toFixed(decimals)) !== 0)
  return [1, 2].find(hidesNone) ?? most
}

function signed(value: number, decimals: number): string {
  const digits = Math.abs(value).toFixed(decimals)
  if (Number(digits) === 0) return digits
  return `${value < 0 ? '−' : '+'}${digits}`
}

import { z } from 'zod'
import type { ScenarioResult, SockbenchRecord } from '../record.ts'

/** In what order subjects were given their work: something of each kind of workload. */
export function livesTexts(record: Pick<SockbenchRecord, 'configuration' | 'scenarios'>): string[] {
  const { scenarios } = record
  const named = (lives: ScenarioResult['lives']) => [
    ...new Set(scenarios.filter(s => s.lives === lives).map(({ scenario }) => scenario)),
  ]
  const [together, alone] = [named('together'), named('alone')]
  const togetherText = wereInterleaved(record)
    ? 'slices interleaved in seeded random order'
    : 'slices not interleaved: each subject had all of its own in a row'
  const aloneText = 'subjects one after the other in seeded random order'
  return [
    ...(together.length === 0 ? [] : [togetherText]),
    ...(alone.length === 0
      ? []
      : [`${aloneText}${together.length === 0 ? '' : ` in ${alone.join(', ')}`}`]),
  ]
}

const configured = z.object({ interleaved: z.boolean() })

/** Older records do not say so, but it shows: a subject's place in its group never changed. */
function wereInterleaved({
  configuration,
  scenarios,
}: Pick<SockbenchRecord, 'configuration' | 'scenarios'>): boolean {
  const controls = configured.safeParse(configuration.controls)
  if (controls.success) return controls.data.interleaved
  const places = scenarios
    .filter(({ lives }) => lives === 'together')
    .flatMap(({ processes }) => processes)
    .flatMap(({ outcome }) => (outcome.state === 'completed' ? [outcome.slices] : []))
    .filter(slices => slices.length >= FEWEST_SLICES)
    .map(slices => new Set(slices.map(({ order }) => order)).size)
  return places.length === 0 || places.some(different => different > 1)
}

/** Of two subjects, one has the first place so many times by chance in one run of a hundred. */
const FEWEST_SLICES = 8

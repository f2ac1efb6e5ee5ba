import type { CommandUnknownOpts, OptionValueSource } from '@commander-js/extra-typings'
import { z } from 'zod'

const source = z.enum(['flag', 'environment', 'file', 'default'])

/** What a command was told, and by whom; null for what has no value. */
export const resolvedConfiguration = z.strictObject({
  /** As it was given, or its name in the current directory; null if there is none. */
  file: z.string().nullable(),
  values: z.record(z.string(), z.strictObject({ value: z.json(), source })),
})

export type ResolvedConfiguration = z.infer<typeof resolvedConfiguration>
type Source = z.infer<typeof source>

/** @param rest what the file says beside the options */
export function resolve(
  command: CommandUnknownOpts,
  file: string | null,
  rest: Readonly<Record<string, unknown>>,
): ResolvedConfiguration {
  const options = command.options.map(option => {
    const name = option.attributeName()
    const value = command.getOptionValue(name) ?? null
    return [name, { value, source: sourceOf(command.getOptionValueSource(name)) }]
  })
  const others = Object.entries(rest).map(([name, value]) => [name, { value, source: 'file' }])
  // Through JSON, as it will be stored: what is undefined inside of a value goes.
  const values: unknown = JSON.parse(JSON.stringify(Object.fromEntries([...options, ...others])))
  return resolvedConfiguration.parse({ file, values })
}

function sourceOf(source: OptionValueSource | undefined): Source {
  if (source === 'cli') return 'flag'
  if (source === 'env') return 'environment'
  return source === 'config' ? 'file' : 'default'
}

import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import { loadConfiguration } from './configuration-file.ts'
import type { SockbenchConfig } from './define-config.ts'
import { applyEnvironment, applyValues } from './option-values.ts'
import { type ResolvedConfiguration, resolve } from './resolved.ts'

export interface Configuration<Section extends keyof SockbenchConfig> {
  /** What the file says about this command, if anything. */
  readonly section: SockbenchConfig[Section]
  readonly resolved: ResolvedConfiguration
}

/**
 * Completes a command's options: a flag goes before the environment, that before the file, that before
 * the defaults; an option is taken from one of them, whole. Read `command.opts()` afterwards. The file
 * is the one that the command's `--config` names, if any.
 * @throws UsageError for a file or a value that cannot be, naming where it is from
 */
export async function configure<Section extends keyof SockbenchConfig>(
  command: CommandUnknownOpts,
  name: Section,
  { directory, environment } = { directory: process.cwd(), environment: process.env },
): Promise<Configuration<Section>> {
  applyEnvironment(command, environment)
  const { config: file } = command.opts()
  const { path, config } = await loadConfiguration({
    file: typeof file === 'string' ? file : undefined,
    directory,
  })
  const section = config[name]
  const values: Record<string, unknown> = { ...section }
  const others = applyValues(command, values, `${path}: ${name}`)
  const rest = Object.fromEntries(others.map(key => [key, values[key]]))
  return { section, resolved: resolve(command, path, rest) }
}

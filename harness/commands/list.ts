import { Command } from '@commander-js/extra-typings'
import { backends } from '../../implementations/registry.ts'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import { scenarios } from '../../scenarios/index.ts'
import { print } from '../print.ts'

export function listCommand() {
  return new Command('list').description('backends, scenarios and their settings').action(() => {
    const lines = [
      'Backends (run --backend):',
      ...aligned(backends.map(({ name, summary }) => [name, summary])),
      '',
      'Scenarios (run --scenario) and their settings (run --set KEY=VALUE[,VALUE]):',
      ...scenarios.flatMap(({ name, summary, settings }) => [
        ...aligned([[name, summary]]),
        ...aligned(
          settings.map(({ name: key, meaning, fallback }) => [
            `  ${key}`,
            `${meaning} (default ${fallback})`,
          ]),
        ),
      ]),
      ...aligned([[dispatch.name, `${dispatch.summary}; no settings`]]),
    ]
    print(`${lines.join('\n')}\n`)
  })
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)
}

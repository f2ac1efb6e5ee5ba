import { Command } from '@commander-js/extra-typings'
import { benchScenarios, scenarioNames } from '../../scenarios/index.ts'
import { configure } from '../configuration/configure.ts'
import { interruptible } from '../interruption.ts'
import { measuringWarnings } from '../measuring-lock.ts'
import { Progress, progressStyle } from '../progress.ts'
import { prepareStore } from '../record-store.ts'
import { shard, shardOfPlan } from '../shard.ts'
import { list, roundsOrMax } from './arguments.ts'
import { carryOut } from './carry-out.ts'
import { measuringOptions } from './measuring-options.ts'
import { planOf } from './run-plan.ts'

export function runCommand() {
  return new Command('run')
    .description(
      'measure scenarios on backends; with no options, the fixed plan of `npm run bench`',
    )
    .option('--scenario <list>', `of ${scenarioNames.join(', ')}; comma-separated`, list, [
      ...benchScenarios,
    ])
    .option('--backend <list>', 'backends, the reference first (default: all)', list)
    .option(
      '--rounds <n>',
      'rounds of fresh processes (default: what each workload takes); or max: until each comparison has its verdict, looked at after 8, 16, 24 and 32',
      roundsOrMax,
    )
    .addOption(measuringOptions.boundary)
    .addOption(measuringOptions.budget)
    .addOption(measuringOptions.margin)
    .addOption(measuringOptions.seed)
    .addOption(measuringOptions.set)
    .option('--shard <i/n>', 'only this share of the workloads; see `sockbench merge`', shard)
    .option('--out <dir>', 'where records are kept', 'results')
    .option('--json', 'print the record on stdout, and nothing else', false)
    .option('--quiet', 'no progress', false)
    .option('--no-color', 'no colours (as NO_COLOR)')
    .option('--config <file>', `instead of sockbench.config.{js,mjs,json} in this directory`)
    .action(async (_given, command) => {
      const { resolved } = await configure(command, 'run')
      const options = command.opts()
      const whole = { ...planOf(options), options: resolved }
      const plan = options.shard === undefined ? whole : shardOfPlan(whole, options.shard)
      prepareStore(options.out)
      const progress = new Progress(progressStyle(process.stderr, options.quiet))
      const signal = interruptible()
      const warnings = measuringWarnings('sockbench run')
      await carryOut({ ...plan, warnings }, options, progress, signal)
    })
}

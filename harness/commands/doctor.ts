import { Command } from '@commander-js/extra-typings'
import { cacheDirectory } from '../../scenarios/ibd/chain-cache.ts'
import { doctorExitCode, examine, renderChecks } from '../doctor.ts'
import { print } from '../print.ts'

export function doctorCommand() {
  return new Command('doctor')
    .description('what this machine lacks for good measurements, and what to do about it')
    .action(async () => {
      const checks = await examine(['results', cacheDirectory()])
      print(renderChecks(checks))
      process.exitCode = doctorExitCode(checks)
    })
}

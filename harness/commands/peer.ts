import { Command } from '@commander-js/extra-typings'
import { AddressError } from '../../implementations/sock/address.ts'
import { ChainParametersError } from '../../scenarios/ibd/chain-profile.ts'
import { PeerError, peerDefaults, runPeer } from '../../scenarios/ibd/peer-command.ts'
import { RunError, UsageError } from '../errors.ts'
import { interruptible } from '../interruption.ts'
import { print } from '../print.ts'
import { barLine, Progress, progressStyle } from '../progress.ts'
import { wholeNumber } from './arguments.ts'

export function peerCommand() {
  return new Command('peer')
    .description('serve a synthetic regtest chain to any node, until interrupted')
    .option('--port <n>', 'port to listen on, 0 for any', wholeNumber(0, 65535), peerDefaults.port)
    .option('--host <address>', 'literal IP address to listen on', peerDefaults.host)
    .option('--profile <name>', 'block sizes: see `sockbench list`', peerDefaults.profile)
    .option('--blocks <n>', 'height of the tip', wholeNumber(1, 500_000), peerDefaults.blocks)
    .option('--seed <n>', 'of the chain', wholeNumber(0, 0xffffffff), peerDefaults.seed)
    .option('--quiet', 'no progress', false)
    .action(async ({ quiet, ...options }) => {
      const progress = new Progress(progressStyle(process.stderr, quiet))
      const signal = interruptible()
      const startMs = performance.now()
      const label = `building chain ${options.profile}`
      const output = {
        print: (line: string) => {
          progress.clear()
          print(`${line}\n`)
        },
        warn: (line: string) => progress.note(line),
        onProgress: (done: number, total: number) =>
          progress.show(
            barLine({ label, fraction: done / total, elapsedMs: performance.now() - startMs }),
          ),
      }
      try {
        await runPeer(options, output, signal)
      } catch (error) {
        if (error instanceof ChainParametersError || error instanceof AddressError)
          throw new UsageError(error.message)
        if (error instanceof PeerError) throw new RunError(error.message)
        throw error
      }
      throw signal.reason
    })
}

/**
 * Checks both directions against a real bitcoind: it downloads the synthetic chain from
 * `sockbench peer`, and every backend downloads that chain from it. Run by hand:
 *
 *     [BITCOIND=/path/to/bitcoind] npm run verify-bitcoind [-- --blocks 1000]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, which } from 'zx'
import { backends } from '../implementations/registry.ts'
import { Bitcoind, freePort } from './bitcoind.ts'
import { end, endAll, firstLine, linesOf, start } from './children.ts'

const DOWNLOAD_TIMEOUT_MS = 300_000

const cli = join(import.meta.dirname, '..', 'harness', 'cli.js')

const bitcoind = await which(process.env.BITCOIND ?? 'bitcoind', { nothrow: true })
if (bitcoind === null) {
  console.log(
    'skipped: no bitcoind found; get it from https://bitcoincore.org/en/download/ and put it on PATH, or set BITCOIND=/path/to/bitcoind',
  )
} else {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'sockbench-bitcoind-'))
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true
      void cleanUp(dataDirectory).then(() => process.exit(130))
    })
  }
  try {
    await verify(bitcoind, dataDirectory, Number(argv.blocks ?? 1000))
  } catch (error) {
    if (!interrupted) console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    await cleanUp(dataDirectory)
  }
}

async function verify(bitcoind: string, dataDirectory: string, blocks: number): Promise<void> {
  const peer = await startPeer(blocks)
  const downloading = await Bitcoind.start(bitcoind, dataDirectory, [
    `-connect=127.0.0.1:${peer.port}`,
    '-listen=0',
  ])
  const startMs = performance.now()
  const tip = await downloading.tipAt(blocks)
  report('bitcoind from sockbench peer', tip, peer.tip, startMs)
  await downloading.stop()
  await end(peer.child, 'SIGKILL') // it has nothing to clean up, and would report an interruption

  const port = await freePort()
  const serving = await Bitcoind.start(bitcoind, dataDirectory, [
    '-connect=0',
    '-listen=1',
    `-bind=127.0.0.1:${port}`,
    '-listenonion=0',
    // The chain's last block is years old; without this the node thinks itself in its own IBD and
    // serves no headers.
    `-maxtipage=${100 * 365 * 86_400}`,
  ])
  for (const { name, protocols } of backends) {
    if (protocols.p2p === undefined) continue
    const startMs = performance.now()
    report(`${name} from bitcoind`, await downloadWith(name, port, blocks), peer.tip, startMs)
  }
  await serving.stop()
}

function report(check: string, tip: string, expected: string, startMs: number): void {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const result = tip === expected ? 'ok  ' : 'FAIL'
  console.log(`${result}  ${check}: tip ${tip} after ${seconds} s`)
  if (tip !== expected) throw new Error(`the tip should be ${expected}`)
}

async function startPeer(blocks: number) {
  const child = start(process.execPath, [cli, 'peer', '--blocks', String(blocks), '--quiet'])
  const line = await firstLine(child)
  const [, port, tip] = /:(\d+), \d+ blocks, tip ([0-9a-f]{64})$/.exec(line) ?? []
  if (tip === undefined) throw new Error(`sockbench peer printed: ${line}`)
  return { child, port, tip }
}

/** @returns the tip that `sockbench serve` says it has reached */
async function downloadWith(backend: string, port: number, blocks: number): Promise<string> {
  const connection = ['--connect', `127.0.0.1:${port}`, '--stop-at-height', String(blocks)]
  const child = start(process.execPath, [cli, 'serve', backend, ...connection])
  const timeout = setTimeout(() => child.kill(), DOWNLOAD_TIMEOUT_MS)
  let last = ''
  for await (const line of linesOf(child)) last = line
  clearTimeout(timeout)
  const [, height, tip] = /^height (\d+) of \d+, tip ([0-9a-f]{64})$/.exec(last) ?? []
  if (Number(height) < blocks || tip === undefined) {
    throw new Error(`sockbench serve ${backend} ended with: ${last}`)
  }
  return tip
}

async function cleanUp(dataDirectory: string): Promise<void> {
  await endAll()
  rmSync(dataDirectory, { recursive: true, force: true })
}

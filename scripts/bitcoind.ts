import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { sleep } from 'zx'
import { end, hasExited, start } from './children.ts'

const START_TIMEOUT_MS = 60_000
const DOWNLOAD_TIMEOUT_MS = 300_000
const LOOK_EVERY_MS = 200

/** A bitcoind on regtest that talks to nobody but those it is told to. */
export class Bitcoind {
  readonly #child: ChildProcess
  readonly #rpcUrl: string
  readonly #cookieFile: string

  private constructor(child: ChildProcess, rpcPort: number, dataDirectory: string) {
    this.#child = child
    this.#rpcUrl = `http://127.0.0.1:${rpcPort}`
    this.#cookieFile = join(dataDirectory, 'regtest', '.cookie')
  }

  static async start(path: string, dataDirectory: string, options: string[]): Promise<Bitcoind> {
    const rpcPort = await freePort()
    const child = start(path, [
      '-regtest',
      `-datadir=${dataDirectory}`,
      '-v2transport=0',
      '-dnsseed=0',
      '-fixedseeds=0',
      '-server=1',
      '-rpcbind=127.0.0.1',
      '-rpcallowip=127.0.0.1',
      `-rpcport=${rpcPort}`,
      '-printtoconsole=0',
      ...options,
    ])
    const bitcoind = new Bitcoind(child, rpcPort, dataDirectory)
    await bitcoind.#until('answers', START_TIMEOUT_MS, () => bitcoind.#rpc('getblockcount'))
    return bitcoind
  }

  /** Waits until the chain has this many blocks. @returns the tip's hash */
  async tipAt(height: number): Promise<string> {
    await this.#until(`reaches height ${height}`, DOWNLOAD_TIMEOUT_MS, async () =>
      (await this.#rpc('getblockcount')) === height ? true : undefined,
    )
    return String(await this.#rpc('getbestblockhash'))
  }

  async stop(): Promise<void> {
    await this.#rpc('stop')
    await end(this.#child, 'told')
  }

  async #until(what: string, timeoutMs: number, look: () => Promise<unknown>): Promise<void> {
    const endMs = performance.now() + timeoutMs
    while ((await look()) === undefined) {
      if (hasExited(this.#child)) throw new Error(`bitcoind ended before it ${what}`)
      if (performance.now() > endMs) throw new Error(`no bitcoind that ${what} in ${timeoutMs} ms`)
      await sleep(LOOK_EVERY_MS)
    }
  }

  /** @returns undefined while it does not answer */
  async #rpc(method: string): Promise<unknown> {
    try {
      const cookie = readFileSync(this.#cookieFile, 'utf8')
      const response = await fetch(this.#rpcUrl, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
        body: JSON.stringify({ method, params: [] }),
      })
      const { result } = (await response.json()) as { result: unknown }
      return result ?? undefined
    } catch {
      return undefined
    }
  }
}

/** A port that the kernel says is free, for programs that cannot take port 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port was bound')
  return address.port
}

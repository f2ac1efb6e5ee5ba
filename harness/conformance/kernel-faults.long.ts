import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { candidates } from '../../implementations/registry.ts'
import { Sockbench } from '../fixtures/sockbench.ts'
import { conformanceText } from './conformance-text.ts'
import { whole } from './cuttings.ts'
import { serveBackend, stopServing, untilIdle } from './fixtures/served-backend.ts'
import { conformHttp } from './http-conformance.ts'
import { conformP2p } from './p2p-conformance.ts'

/** Servers in processes of their own, with errors that the kernel gives them (strace's injection). */
const hasStrace = spawnSync('strace', ['-V']).status === 0
const skip = hasStrace ? false : 'no strace found: apt-get install strace'
const directory = mkdtempSync(join(tmpdir(), 'sockbench-kernel-'))
after(() => {
  Sockbench.killAll()
  rmSync(directory, { recursive: true, force: true })
})
const bounded = { timeout: 300_000, skip }

const protocols = ['http', 'p2p'] as const
const suites = { http: conformHttp, p2p: conformP2p } as const

/** The nth call on each thread, and every so many after it. */
const transient = [
  ['recvfrom', 'EINTR', '2+3'],
  ['recvfrom', 'EAGAIN', '2+3'],
  ['sendto', 'EINTR', '2+3'],
  ['sendto', 'EAGAIN', '2+3'],
  ['accept4', 'EINTR', '1+3'],
  ['accept4', 'ECONNABORTED', '3+7'],
  ['accept4', 'EMFILE', '10+40'],
  ['accept4', 'ENOMEM', '10+40'],
  ['poll', 'EINTR', '3+4'],
  ['poll', 'ENOMEM', '10+60'],
] as const

/** Each ends a connection, and no other. */
const permanent = [
  ['recvfrom', 'ECONNRESET'],
  ['recvfrom', 'ETIMEDOUT'],
  ['sendto', 'EPIPE'],
  ['sendto', 'ECONNRESET'],
] as const

let traces = 0

/** Serves under strace. @returns also what tells how many calls have failed so far */
async function serveFaulty(backend: string, protocol: 'http' | 'p2p', call: string, how: string) {
  const trace = join(directory, `trace-${traces++}`)
  const inject = `strace -f -qq -o ${trace} -e trace=${call} -e inject=${call}:${how}`
  const served = await serveBackend(backend, protocol, `exec ${inject} "$@"`)
  const injected = () => readFileSync(trace, 'utf8').split('(INJECTED)').length - 1
  return { ...served, injected }
}

for (const { name: backend } of candidates) {
  for (const protocol of protocols) {
    for (const [call, errno, when] of transient) {
      test(
        `${backend}, ${protocol}: ${errno} from ${call}, often, changes nothing`,
        bounded,
        async t => {
          const how = `error=${errno}:when=${when}`
          const served = await serveFaulty(backend, protocol, call, how)
          const { address, injected } = served
          const checked = await suites[protocol](address, { cut: whole, isOurs: true })
          const wrong = checked.filter(({ problem }) => problem !== undefined)
          assert.equal(wrong.length, 0, conformanceText(backend, protocol, checked))
          t.diagnostic(`${injected()} calls failed`)
          assert.ok(injected() > 0)
          await stopServing(served)
        },
      )
    }

    for (const [call, errno] of permanent) {
      test(
        `${backend}, ${protocol}: ${errno} from ${call} costs that connection alone`,
        bounded,
        async () => {
          const how = `error=${errno}:when=20+50`
          const served = await serveFaulty(backend, protocol, call, how)
          const { address, injected } = served
          const checked = await suites[protocol](address, { cut: whole, isOurs: true })
          const wrong = checked.filter(({ problem }) => problem !== undefined)
          assert.ok(injected() > 0)
          assert.ok(wrong.length <= injected(), conformanceText(backend, protocol, checked))
          assert.ok(wrong.length < checked.length)
          await untilIdle(served)
          await stopServing(served)
        },
      )
    }
  }
}

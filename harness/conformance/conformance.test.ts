import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { backends, candidates } from '../../implementations/registry.ts'
import { conformanceText, disagreements, wrongSums } from './conformance-text.ts'
import { conformHttp } from './http-conformance.ts'
import { withServer } from './local-server.ts'
import { conformP2p } from './p2p-conformance.ts'
import type { Checked } from './verdict.ts'

const { path: chainFile } = testChainFile()
const bounded = { timeout: 120_000 }

const suites = { http: conformHttp, p2p: conformP2p } as const
const answers = { http: new Map<string, Checked[]>(), p2p: new Map<string, Checked[]>() }

for (const protocol of ['http', 'p2p'] as const) {
  for (const { name, hasSendModes, protocols } of backends) {
    // node:http is more lenient in places, and no candidate: `sockbench conform --target` tells where.
    if (protocols[protocol] === undefined || (protocol === 'http' && !hasSendModes)) continue
    test(`${name} understands and refuses what it must of ${protocol}`, bounded, async t => {
      const checked = await withServer(name, protocol, chainFile, async at => {
        const found = await suites[protocol](at, { isOurs: true })
        t.diagnostic(conformanceText(name, protocol, found)) // also of a server that crashes
        return found
      })
      answers[protocol].set(name, checked)
      assert.deepEqual(wrongSums(new Map([[name, checked]])), [])
    })
  }

  test(`the backends answer alike in ${protocol}, whatever the cutting`, () => {
    const theirs = candidates.flatMap(({ name }) => {
      const checked = answers[protocol].get(name)
      return checked === undefined ? [] : [[name, checked] as const]
    })
    assert.equal(theirs.length, 3)
    assert.deepEqual(disagreements(new Map(theirs)), [])
  })
}

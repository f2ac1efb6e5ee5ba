import assert from 'node:assert/strict'
import { test } from 'node:test'
import autocannon from 'autocannon'
import { internalsOf } from './autocannon-client.ts'
import { FakeServer } from './fixtures/fake-server.ts'
import { rightReply } from './fixtures/replies.ts'

test('the client of this autocannon is known, and one that lacks something is not', async t => {
  const fake = await FakeServer.start({ reply: rightReply, afterwards: 'stay' })
  t.after(() => fake.close())
  const clients: object[] = []
  await autocannon({
    url: `http://127.0.0.1:${fake.port}`,
    connections: 1,
    amount: 1,
    sampleInt: 5,
    setupClient: client => clients.push(client),
  })
  const [client] = clients
  assert.equal(internalsOf(client), client)
  const used = ['_connect', '_doRequest', 'parser', 'pipelinedRequests', 'responseMax']
  for (const name of used) {
    const changed = Object.create(client, { [name]: { value: undefined } })
    assert.throws(() => internalsOf(changed), { message: /unknown version of autocannon/ }, name)
  }
})

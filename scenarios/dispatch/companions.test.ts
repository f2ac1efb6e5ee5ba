import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backends } from '../../implementations/registry.ts'
import { Companions } from './companions.ts'

for (const backend of backends.filter(
  ({ protocols }) => protocols.http?.onSocketThread.loop === 'poll',
)) {
  test(`${backend.name}: a web server and a message source work in one isolate, in memory`, () => {
    const companions = new Companions(backend)
    // It throws unless every request was received and answered.
    assert.doesNotThrow(() => companions.warmUp())
  })
}

test('a backend without such consumers is refused by name', () => {
  const floor = backends.find(({ name }) => name === 'floor')
  assert.ok(floor)
  assert.throws(() => new Companions(floor), /floor lacks a consumer/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { specialiseSockMan } from './specialise.ts'

test('each consumer has a SockMan whose methods nobody else runs', async () => {
  const [one, other] = await Promise.all([specialiseSockMan('one'), specialiseSockMan('other')])
  assert.notEqual(one, other)
  assert.notEqual(one.prototype.socketHandler, other.prototype.socketHandler)
  assert.equal(await specialiseSockMan('one'), one)
})

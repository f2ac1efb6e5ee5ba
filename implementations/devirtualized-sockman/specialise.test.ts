import assert from 'node:assert/strict'
import { test } from 'node:test'
import { specialiseSockMan } from './specialise.ts'

test('each consumer has a SockMan whose methods nobody else runs', async () => {
  const [one, other] = await Promise.all([specialiseSockMan('one'), specialiseSockMan('other')])
  assert.notEqual(one, other)
  const methodOf = ({ prototype }: typeof one) =>
    Object.getOwnPropertyDescriptor(prototype, 'socketHandler')?.value
  assert.notEqual(methodOf(one), methodOf(other))
  assert.equal(await specialiseSockMan('one'), one)
})

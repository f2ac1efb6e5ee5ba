import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionMemory } from '../threads/connection-memory.ts'
import { isInactive } from './inactivity.ts'

const HANDSHAKE_MS = 60_000
const INACTIVITY_MS = 1_200_000

test('a peer has 60 s for its handshake, whatever it sends', () => {
  const memory = ConnectionMemory.create()
  const activity = { connectedAtMs: 1_000, lastRecvMs: 1_000 + HANDSHAKE_MS }
  assert.equal(isInactive(memory, activity, 1_000 + HANDSHAKE_MS), false)
  assert.equal(isInactive(memory, activity, 1_001 + HANDSHAKE_MS), true)
})

test('a connected peer may be silent for 20 minutes, counted from what it sent last', () => {
  const memory = ConnectionMemory.create()
  memory.markSuccessfullyConnected()
  const activity = { connectedAtMs: 0, lastRecvMs: 500_000 }
  assert.equal(isInactive(memory, activity, 500_000 + INACTIVITY_MS), false)
  assert.equal(isInactive(memory, activity, 500_001 + INACTIVITY_MS), true)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatedLarge } from './fixtures/synthetic-gate.ts'
import { gateResult } from './fixtures/synthetic-result.ts'
import { repeatCommand } from './repeat-command.ts'

const [one] = gatedLarge(['direct'], [{ metric: 'cpu', marginPercent: 2.5 }])
const { base, head } = gateResult({})
const command =
  'sockbench compare --base 0123456789ab --scenario ibd --backend direct ' +
  '--set profile=large --set peers=1 --rounds 8'

test('a comparison is repeated at its own margin, if there is one', () => {
  assert.equal(repeatCommand(one, 2.5, { base, head }), `${command} --margin 2.5`)
  assert.equal(repeatCommand(one, 0, { base, head }), command)
  assert.equal(repeatCommand(one, null, { base, head }), command)
})

test('a head that has a name is named', () => {
  const named = { ...head, ref: 'topic' }
  assert.match(repeatCommand(one, null, { base, head: named }), / --head fedcba987654 /)
})

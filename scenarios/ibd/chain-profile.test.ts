import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  blockSizes,
  ChainParametersError,
  MAX_BLOCK_BYTES,
  MAX_BLOCKS,
  MIN_BLOCK_BYTES,
} from './chain-profile.ts'

const sizesOf = (profile: string, blocks: number, seed = 1) =>
  Array.from(blockSizes({ profile, blocks, seed }))

const mean = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length

test('large, small and a number give every block the same size', () => {
  assert.deepEqual(sizesOf('large', 2), [990_000, 990_000])
  assert.deepEqual(sizesOf('small', 2), [300, 300])
  assert.deepEqual(sizesOf('12345', 2), [12_345, 12_345])
})

test('small blocks can lead in, counted among all blocks', () => {
  assert.deepEqual(sizesOf('small:2+large', 4), [300, 300, 990_000, 990_000])
  assert.deepEqual(sizesOf('small:3+large', 2), [300, 300])
  assert.deepEqual(sizesOf('small:1+mainnet', 18).slice(1), sizesOf('mainnet', 17))
  assert.throws(() => sizesOf('small:1+huge', 4), ChainParametersError)
})

test('mainnet grows from tiny blocks to the cap, with the years equally long', () => {
  const sizes = sizesOf('mainnet', 1700)
  const yearMean = (year: number) => mean(sizes.slice((year - 2009) * 100, (year - 2008) * 100))
  assert.ok(Math.abs(yearMean(2011) / 15_000 - 1) < 0.1)
  assert.ok(Math.abs(yearMean(2015) / 480_000 - 1) < 0.1)
  assert.ok(yearMean(2009) < 1000)
  assert.ok(yearMean(2023) > 950_000)
  assert.equal(Math.max(...sizes), MAX_BLOCK_BYTES)
  assert.ok(Math.min(...sizes) >= MIN_BLOCK_BYTES)
})

test('the factor scales mainnet, and the seed varies its single blocks', () => {
  const whole = mean(sizesOf('mainnet', 1700).slice(600, 700))
  const tenth = mean(sizesOf('mainnet:0.1', 1700).slice(600, 700))
  assert.ok(Math.abs(tenth / whole - 0.1) < 0.001)
  assert.deepEqual(sizesOf('mainnet', 500), sizesOf('mainnet', 500))
  assert.notDeepEqual(sizesOf('mainnet', 500, 1), sizesOf('mainnet', 500, 2))
})

test('parameters that describe no chain are refused with the reason', () => {
  const refused = (profile: string, blocks: number, seed: number, reason: RegExp) =>
    assert.throws(
      () => blockSizes({ profile, blocks, seed }),
      (error: Error) => error instanceof ChainParametersError && reason.test(error.message),
    )
  refused('huge', 1, 1, /no chain profile "huge"; known: large, small, mainnet/)
  refused(`${MIN_BLOCK_BYTES - 1}`, 1, 1, /199 bytes is not possible: choose 200 to 990000/)
  refused(`${MAX_BLOCK_BYTES + 1}`, 1, 1, /990001 bytes is not possible/)
  refused('mainnet:0', 1, 1, /factor/)
  refused('mainnet:', 1, 1, /no chain profile/)
  refused('small', 0, 1, /blocks must be/)
  refused('small', MAX_BLOCKS + 1, 1, /blocks must be/)
  refused('small', 1.5, 1, /blocks must be/)
  refused('small', Number.NaN, 1, /blocks must be/)
  refused('small', 1, -1, /seed must be/)
  refused('small', 1, 2 ** 32, /seed must be/)
})

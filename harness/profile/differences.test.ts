import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { mulberry32 } from '../../scenarios/random.ts'
import { comparedFunctions } from './differences.ts'
import { syntheticTurn } from './fixtures/synthetic-turns.ts'
import { functionsOf } from './functions.ts'
import { threadTrees } from './thread-trees.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-profile-'))
after(() => rmSync(directory, { recursive: true }))

const own = (name: string, first: number[], second: number[]) => ({
  frame: { name, file: 'a.ts', line: 1, kind: 'other' as const },
  self: [first, second],
  total: [first, second],
})

test('the difference of a function is centred round by round, worked by hand', () => {
  // Differences 3 −1 7 0 2 1: as in hodges-lehmann.test.ts.
  const functions = [own('a', [10, 10, 10, 10, 10, 10], [13, 9, 17, 10, 12, 11])]
  const { tested, byThread } = comparedFunctions(new Map([['b-net', functions]]))
  const [{ difference, significant, only }] = byThread.get('b-net') ?? []
  assert.deepEqual(difference, { estimate: 1.5, interval: { low: -1, high: 7 } })
  assert.deepEqual([tested, significant, only], [1, false, null])
})

test('six rounds tell one function from chance, and not one of two', () => {
  const more = own('more', [1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12])
  const same = own('same', [1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5])
  const one = comparedFunctions(new Map([['b-net', [more]]]))
  assert.deepEqual([one.byThread.get('b-net')?.[0].significant, one.roundsNeeded], [true, 6])
  const two = comparedFunctions(new Map([['b-net', [more, same]]]))
  const significant = two.byThread.get('b-net')?.some(found => found.significant)
  assert.deepEqual([significant, two.tested, two.roundsNeeded], [false, 2, 7])
})

test('with fewer than six rounds there is an estimate, no interval, and nothing is significant', () => {
  const { byThread } = comparedFunctions(new Map([['b-net', [own('a', [1, 1, 1], [9, 9, 9])]]]))
  const [{ difference, significant }] = byThread.get('b-net') ?? []
  assert.deepEqual([difference, significant], [{ estimate: 8, interval: null }, false])
})

test('functions that cost next to nothing are not tested, and one that only one has is told as such', () => {
  const big = own('big', [1000, 1000, 1000, 1000, 1000, 1000], [1000, 1000, 1000, 1000, 1000, 1000])
  const tiny = own('tiny', [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1])
  const { tested, byThread } = comparedFunctions(new Map([['b-net', [big, tiny]]]))
  const found = byThread.get('b-net')?.find(({ frame }) => frame.name === 'tiny')
  assert.deepEqual([tested, found?.p, found?.only], [1, null, 'second'])
})

test('a planted 2 % in one function is what the differential names first, and all that it names', () => {
  const random = mulberry32(7)
  const around = (mean: number) => Math.round(mean * (0.9 + 0.2 * random()))
  const rounds = 12
  const turns = Array.from({ length: rounds }, (_, round) =>
    [0, 1].map(program =>
      syntheticTurn(directory, program, round, {
        'run@loop.js > receive@sockman.js': around(300),
        'run@loop.js > receive@sockman.js > eventGotData@connman.js':
          around(100) + (program === 1 ? 21 : 0),
        'run@loop.js > receive@sockman.js > eventGotData@connman.js > hash@sha.js': around(400),
        'run@loop.js > generateWaitSockets@sockman.js': around(150),
        '(garbage collector)': around(50),
      }),
    ),
  ).flat()
  const trees = threadTrees(turns, 2, rounds, 'message')
  const functions = new Map(trees.map(({ thread, root }) => [thread, functionsOf(root)]))
  const { byThread } = comparedFunctions(functions)
  const named = (byThread.get('b-net') ?? []).filter(({ significant }) => significant)
  assert.deepEqual(
    named.map(({ frame }) => frame.name),
    ['eventGotData'],
  )
  // 21 ms in a thousand units.
  const { estimate } = named[0].difference
  assert.ok(estimate > 15_000 && estimate < 28_000, String(estimate))
})

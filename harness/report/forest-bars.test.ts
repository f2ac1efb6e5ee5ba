import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForestRow } from './forest.ts'
import { barLegend, forestBars } from './forest-bars.ts'

const piped = { colour: false, columns: null }

function row(subject: string, ratio: number, low: number, high: number): ForestRow {
  return {
    kind: 'backend',
    subject,
    baseline: 'direct',
    name: `${subject} against direct`,
    metric: 'cpu',
    ratio,
    interval: { low, high },
    marginPercent: 1,
    verdict: 'slower',
    words: 'slower',
  }
}

const rows = [
  row('direct (A′)', 1, 0.995, 1.005),
  row('other', 1.01, 1.005, 1.015),
  row('third', 0.98, 0.97, 0.99),
  row('libuv', 1.5, 1.4, 1.6),
]

test('bars stand on one scale, which holds most; what is far off is an arrow', () => {
  assert.deepEqual(forestBars(rows, piped).split('\n'), [
    'CPU against direct  −3 %                                 +3 %',
    'direct (A′)         ·············[···├──●──┤···]·············  0.0 % [−0.5, +0.5]',
    'other               ·············[······|··├───●──┤··········  +1.0 % [+0.5, +1.5]',
    'third               ├──────●─────┤······|······]·············  −2.0 % [−3.0, −1.0]',
    'libuv               ·············[······|······]············▶  +50.0 % [+40.0, +60.0]',
  ])
})

test('without a UTF-8 locale a bar is ASCII', () => {
  const [, first, , third] = forestBars(rows, { ...piped, ascii: true }).split('\n')
  assert.match(first, / \.{13}\[\.\.\.\(--o--\)\.\.\.\]\.{13} /)
  assert.match(third, / \(------o-----\)\.{6}\|/)
  assert.match(barLegend({ ...piped, ascii: true }), /^bars: .*\(-o-\).* < > beyond the scale$/)
})

test('each metric, and each reference, has a scale of its own', () => {
  const slow = { ...row('other', 1.2, 1.1, 1.3), metric: 'latencyP99' } as const
  const each = { ...row('other, a loop each', 1, 0.99, 1.01), baseline: 'direct, a loop each' }
  const titles = forestBars([...rows, slow, each], piped).match(/^.* against .*$/gm)
  assert.deepEqual(
    titles?.map(title => title.split(/ {2,}/)),
    [
      ['CPU against direct', '−3 %', '+3 %'],
      ['latency p99 against direct', '−30 %', '+30 %'],
      ['CPU against direct, a loop each', '−2 %', '+2 %'],
    ],
  )
})

test('programs that are compared with themselves stand together', () => {
  const loops = (name: string) =>
    ({ ...row(`${name}, a loop each`, 1, 0.99, 1.01), baseline: name, kind: 'loops' }) as const
  const lines = forestBars([loops('direct'), loops('other')], piped).split('\n')
  assert.equal(lines.length, 3)
  assert.match(lines[0], /^CPU, against one loop for all /)
})

test('a row without an interval has no bar, and without any there is no block', () => {
  const few = { ...row('other', 1.2, 1, 1), interval: null }
  assert.equal(forestBars([few], piped), '')
  assert.equal(forestBars([], piped), '')
  assert.equal(forestBars([...rows, few], piped).split('\n').length, 1 + rows.length)
})

test('a bar fits the terminal, whatever the names', () => {
  const long = row('x'.repeat(300), 1.01, 1.005, 1.015)
  for (const columns of [60, 80, 81, 120, 200]) {
    for (const line of forestBars([...rows, long], { colour: false, columns }).split('\n')) {
      assert.ok(line.length <= columns, `${columns}: ${line}`)
    }
  }
  assert.match(forestBars([long], { colour: false, columns: 80 }), /\nx{10,}… {2}·/)
})

test('the colour is that of the verdict, and names have none', () => {
  const [, line] = forestBars([rows[1]], { colour: true, columns: 100 }).split('\n')
  const [name, bar] = line.split('\u001b[31m')
  assert.match(name, /^other +$/)
  assert.ok(bar.endsWith('+1.5]\u001b[39m'))
})

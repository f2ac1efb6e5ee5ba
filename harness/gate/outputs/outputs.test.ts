import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import {
  comparedStage,
  comparisonRow,
  counterFindings,
  gateResult,
  waitRow,
} from '../fixtures/synthetic-result.ts'
import { annotations } from './annotations.ts'
import { benchmarkJson } from './benchmark-json.ts'
import { junitGate } from './junit.ts'
import { markdownGate } from './markdown.ts'
import { terminalGate } from './terminal.ts'

const red = comparisonRow({
  state: 'regressed',
  backend: 'virtual-sockman',
  id: 'ibd (large, 1 peer), virtual-sockman: cpu',
  reason: 'surely more than 2 % above the base',
  confirmation: comparedStage(1.051, 1.043, 1.06),
})
const violation = {
  workload: 'ibd lock-step',
  backend: 'direct',
  counter: 'syscall.getsockopt',
  unit: 'block',
  was: 0,
  is: 1,
  changePercent: null,
}
const mixed = gateResult({
  comparisons: [
    comparisonRow({}),
    red,
    comparisonRow({
      state: 'head-died-once',
      metric: 'wall',
      reason: 'it died: a|b <x> & "y"\n*z*]]>',
      screening: { state: 'died', revision: 'head', times: 1, reason: 'SIGSEGV' },
    }),
  ],
  waits: [waitRow({})],
  counters: counterFindings({ violations: [violation] }),
  warnings: ['the load was high'],
  exitCode: 3,
})

const revisions = 'base 01234567, head fedcba98 with changes'
const again = 'sockbench compare --base 0123456789ab --scenario ibd --backend direct'
const slower =
  'ibd (large, 1 peer), virtual-sockman: CPU +5.1 % [+4.3, +6.0] at 95 % in 8 fresh rounds: ' +
  `surely more than 2 % above the base; ${revisions}`
const died = `ibd (large, 1 peer), direct: wall time: it died: a|b <x> & "y"\\x0a*z*]]>; ${revisions}`
const counted =
  'direct, ibd lock-step: syscall.getsockopt 0 -> 1.000 per block; ' +
  'if that is meant, make it the baseline with `sockbench gate --update-counters`'

test('terminal: a table of everything, then whatever is not green, then the outcome', () => {
  const lines = [
    'subject                               what                change [interval]    margin  rounds  says',
    'ibd (large, 1 peer), direct           CPU                 +0.1 % [−0.4, +0.6]  2 %     8       green: within',
    'ibd (large, 1 peer), virtual-sockman  CPU                 +5.1 % [+4.3, +6.0]  2 %     8       red: regressed',
    'ibd (large, 1 peer), direct           wall time                                2 %             neutral: head died once',
    'ibd (large, 1 peer), direct           50 ms waits                                              green: none',
    'ibd lock-step, direct                 syscall.getsockopt  0 → 1.000 per block                  red: changed',
    '',
    slower,
    `  again: ${again}`,
    died,
    `  again: ${again}`,
    counted,
    '',
    'warning: the load was high',
    '',
    `gate failed: a regression (2 red, 2 green, 1 neutral); ${revisions}; 2:05`,
    'results/gates/x/gate.json',
    '',
  ]
  const text = terminalGate(mixed, 'results/gates/x/gate.json', { colour: false })
  assert.equal(text, lines.join('\n'))
})

test('terminal: colours are only added', () => {
  const path = 'gate.json'
  const text = terminalGate(mixed, path, { colour: true })
  assert.ok(text.includes(`\u001b[31m${slower}\u001b[39m`))
  assert.equal(stripVTControlCharacters(text), terminalGate(mixed, path, { colour: false }))
})

test('terminal: a shard without work says so', () => {
  assert.match(
    terminalGate(gateResult({}), 'gate.json', { colour: false }),
    /^nothing to gate in this shard\n\ngate passed \(0 red, 0 green, 0 neutral\)/,
  )
})

test('Markdown: what a reason holds is neither a cell nor a tag', () => {
  const lines = [
    '## sockbench gate failed: a regression',
    '',
    `2 red, 2 green, 1 neutral; ${revisions}`,
    '',
    '| subject | what | change | margin | rounds | says |',
    '| - | - | - | - | - | - |',
    '| ibd (large, 1 peer), direct | CPU | +0.1 % \\[−0.4, +0.6\\] | 2 % | 8 | 🟢 within |',
    '| ibd (large, 1 peer), virtual-sockman | CPU | +5.1 % \\[+4.3, +6.0\\] | 2 % | 8 | 🔴 regressed |',
    '| ibd (large, 1 peer), direct | wall time | | 2 % | | ⚪ head died once |',
    '| ibd (large, 1 peer), direct | 50 ms waits | | | | 🟢 none |',
    '| ibd lock-step, direct | syscall.getsockopt | 0 → 1.000 per block | | | 🔴 changed |',
    '',
    `- 🔴 ${slower.replace('[', '\\[').replace(']', '\\]')}; again: \`${again}\``,
    '- ⚪ ibd (large, 1 peer), direct: wall time: it died: a\\|b &lt;x&gt; &amp; "y"\\\\x0a\\*z\\*\\]\\]&gt;; ' +
      `${revisions}; again: \`${again}\``,
    `- 🔴 ${counted.replaceAll('`', '\\`').replace('>', '&gt;')}`,
    '',
    '- warning: the load was high',
    '',
  ]
  assert.equal(markdownGate(mixed), lines.join('\n'))
})

test('a warning is one line, whoever wrote it', () => {
  const warned = gateResult({ warnings: ['large: it said\n::error::\u001b[2J'] })
  const line = 'warning: large: it said\\x0a::error::\\x1b[2J\n'
  assert.ok(terminalGate(warned, 'gate.json', { colour: false }).includes(`\n${line}`))
  const escaped = line.replaceAll('\\', '\\\\').replace('[', '\\[')
  assert.ok(markdownGate(warned).includes(`\n- ${escaped}`), markdownGate(warned))
})

test('annotations: an error for red, a warning for neutral, escaped as GitHub reads them', () => {
  const title = 'title=sockbench gate%3A ibd (large%2C 1 peer)%2C'
  const lines = [
    `::error ${title} virtual-sockman%3A CPU::${slower.replaceAll('%', '%25')}`,
    `::warning ${title} direct%3A wall time::${died}`,
    `::error title=sockbench gate%3A ibd lock-step%2C direct%3A syscall.getsockopt::${counted}`,
    '',
  ]
  assert.equal(annotations(mixed), lines.join('\n'))
})

test('JUnit: red is a failure, neutral is skipped, and it parses back', () => {
  const elements = parseXml(junitGate(mixed))
  const suites = elements.filter(({ name }) => name === 'testsuite')
  assert.deepEqual(
    suites.map(({ attributes }) => [attributes.tests, attributes.failures, attributes.skipped]),
    [
      ['3', '1', '1'],
      ['1', '0', '0'],
      ['1', '1', '0'],
    ],
  )
  const of = (wanted: string) => elements.filter(({ name }) => name === wanted)
  assert.deepEqual(
    of('failure').map(({ attributes }) => attributes.message),
    [slower, counted],
  )
  assert.deepEqual(
    of('testcase').map(({ attributes }) => `${attributes.classname}: ${attributes.name}`),
    [
      'ibd (large, 1 peer), direct: CPU',
      'ibd (large, 1 peer), virtual-sockman: CPU',
      'ibd (large, 1 peer), direct: wall time',
      'ibd (large, 1 peer), direct: 50 ms waits',
      'ibd lock-step, direct: syscall.getsockopt',
    ],
  )
  assert.equal(of('system-out')[2].text, `${died}\nagain: ${again}`)
})

test('JUnit: a failure message survives quotes, tags and control characters', () => {
  const reason = `<a href="x">'&amp;'\u0000\u001b[31m\uFFFF`
  const failed = comparisonRow({ state: 'regressed', reason })
  const xml = junitGate(gateResult({ comparisons: [failed] }))
  const [failure] = parseXml(xml).filter(({ name }) => name === 'failure')
  assert.ok(failure.attributes.message.includes(`<a href="x">'&amp;'\\x00\\x1b[31m\\uffff`))
})

test('benchmark JSON: a multiple of the base, for what has one', () => {
  assert.deepEqual(JSON.parse(benchmarkJson(mixed)), [
    {
      name: 'ibd (large, 1 peer), direct: cpu',
      unit: '× base',
      value: 1.001,
      range: '0.9960 to 1.0060',
      extra:
        'ibd (large, 1 peer), direct: CPU +0.1 % [−0.4, +0.6] at 95 % in 8 rounds: ' +
        `it is within; ${revisions}`,
    },
    {
      name: 'ibd (large, 1 peer), virtual-sockman: cpu',
      unit: '× base',
      value: 1.051,
      range: '1.0430 to 1.0600',
      extra: slower,
    },
  ])
})

test('benchmark JSON: no point in a chart for a biased run, or without an interval', () => {
  const { screening } = comparisonRow({})
  const short = { ...screening, low: null, high: null, student: null } as typeof screening
  const comparisons = [
    comparisonRow({ state: 'biased' }),
    comparisonRow({ state: 'inconclusive', screening: short }),
  ]
  assert.deepEqual(JSON.parse(benchmarkJson(gateResult({ comparisons }))), [])
})

interface Element {
  name: string
  attributes: Record<string, string>
  text: string
}

/** As much of XML 1.0 as these reports use. Throws for what is not well-formed. */
function parseXml(xml: string): Element[] {
  const token =
    /<\?xml[^>]*\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
  const found: Element[] = []
  const open: Element[] = []
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const match = token.exec(xml)
    assert.ok(match, `not well-formed at ${xml.slice(at, at + 40)}`)
    const [, cdata, closing, name, attributes, empty, text] = match
    if (closing === '/') assert.equal(open.pop()?.name, name)
    else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes), text: '' }
      found.push(element)
      if (empty === '') open.push(element)
    }
    const innermost = open.at(-1)
    if (innermost !== undefined) innermost.text += cdata ?? unescaped(text ?? '').trim()
  }
  assert.equal(open.length, 0)
  return found
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value)]),
  )
}

function unescaped(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replaceAll(/&(\w*);?/g, (_, name: string) => {
    assert.ok(name in entities, `no entity &${name}`)
    return entities[name]
  })
}

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noChromium, openPage } from '../../pages/fixtures/chromium.ts'
import { syntheticSession } from '../fixtures/synthetic-session.ts'
import type { Stacks } from '../fixtures/synthetic-turns.ts'
import { flamegraphPage } from './flamegraph-page.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-page-'))
after(() => rmSync(directory, { recursive: true }))
const skip = noChromium

const hostile = '</script><img src=x onerror="throw 1">&\'`$'

function pageOf(
  backends: readonly string[],
  rounds: number,
  stacksOf: (program: number, round: number) => Stacks,
): string {
  const into = mkdtempSync(join(directory, 'page-'))
  const { result, trees } = syntheticSession(into, backends, rounds, stacksOf)
  const path = join(into, 'flamegraph.html')
  writeFileSync(path, flamegraphPage(result, trees))
  return path
}

const compared = () =>
  pageOf(['direct', 'virtual-sockman'], 12, (program, round) => ({
    'run@loop.js > receive@sockman.js > hash@sha.js': 400 + ((7 * round) % 5),
    'run@loop.js > receive@sockman.js > eventGotData@connman.js': 100 + 30 * program + (round % 3),
    [`run@loop.js > ${hostile}@x.js`]: 50,
    [`run@loop.js > only${program}@y.js`]: 20,
  }))

for (const [width, colourScheme] of [
  [1280, 'light'],
  [390, 'dark'],
] as const) {
  test(`the page draws every thread, asks for nothing and complains of nothing (${width} px)`, {
    skip,
  }, async () => {
    const { page, errors, requests, close } = await openPage(compared(), { width, colourScheme })
    try {
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click()
        await page.locator('[role=tabpanel]:not([hidden]) g.frame').nth(3).waitFor()
      }
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.deepEqual([errors, requests, overflow], [[], [], 0])
      const row = page.locator('table').first().locator('tbody tr').first()
      assert.match(await row.innerText(), /^eventGotData/)
    } finally {
      await close()
    }
  })
}

test('names are found, and told, whatever is in them', { skip }, async () => {
  const { page, errors, close } = await openPage(compared())
  try {
    await page.getByLabel('Find').fill(hostile)
    assert.match(await page.locator('.found').first().innerText(), /^1 found, \d/)
    assert.equal(await page.locator('img').count(), 0)
    await page.getByLabel('Find').fill('nowhere to be found')
    assert.match(await page.locator('.found').first().innerText(), /^0 found, 0.0 %/)
    assert.deepEqual(errors, [])
  } finally {
    await close()
  }
})

test('the keyboard goes from function to function, zooms, and comes back', { skip }, async () => {
  const { page, errors, close } = await openPage(compared())
  const details = page.locator('.details').first()
  try {
    await page.locator('.graph').first().focus()
    assert.match(await details.innerText(), /^all:/)
    for (const key of ['ArrowDown', 'ArrowDown']) await page.keyboard.press(key)
    assert.match(await details.innerText(), /^receive \(/)
    await page.keyboard.press('Enter')
    await page.waitForFunction("document.querySelectorAll('g.frame.fade').length > 0")
    await page.keyboard.press('Escape')
    await page.waitForFunction("document.querySelectorAll('g.frame.fade').length === 0")
    assert.match(await details.innerText(), /^all:/)
    assert.deepEqual(errors, [])
  } finally {
    await close()
  }
})

test('the width is that of the one or of the other, and what only one has is drawn in its own', {
  skip,
}, async () => {
  const { page, close } = await openPage(compared())
  const names = () =>
    page.locator('g.frame').evaluateAll(frames => frames.map(one => one.getAttribute('name')))
  try {
    await page.locator('g.frame[name=only1]').waitFor()
    assert.ok(!(await names()).includes('only0'))
    await page.getByLabel('direct', { exact: true }).check()
    await page.locator('g.frame[name=only0]').waitFor()
    assert.ok(!(await names()).includes('only1'))
    await page.getByLabel('whose code it is').check()
    assert.equal(await page.locator('.legend[data-of=difference]').isHidden(), true)
  } finally {
    await close()
  }
})

test('a page of one program has no differences, and one of two rounds says that it has no intervals', {
  skip,
}, async () => {
  const one = await openPage(pageOf(['direct'], 6, () => ({ 'run@loop.js': 10 })))
  assert.equal(await one.page.getByText('Functions that differ').count(), 0)
  assert.deepEqual(one.errors, [])
  await one.close()
  const two = await openPage(
    pageOf(['direct', 'libuv'], 2, program => ({ 'run@loop.js': 10 + program })),
  )
  assert.match(await two.page.locator('main').innerText(), /too few rounds/)
  assert.deepEqual(two.errors, [])
  await two.close()
})

test('deep stacks of many functions stay below 5 MB: what costs least is not drawn', () => {
  const deep = (i: number) =>
    Array.from({ length: 250 }, (_, depth) => `function${(depth * i) % 997}@file${i % 50}.js`)
  const stacks = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [deep(i + 1).join(' > '), 1 + (i % 3)]),
  )
  const path = pageOf(['direct', 'virtual-sockman'], 2, () => stacks)
  assert.ok(statSync(path).size < 5_000_000, String(statSync(path).size))
})

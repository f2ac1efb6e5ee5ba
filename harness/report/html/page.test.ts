import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { auditPage, faintTexts } from '../../pages/fixtures/audit.ts'
import { noChromium, type OpenPage, openPage, type Screen } from '../../pages/fixtures/chromium.ts'
import type { SockbenchRecord } from '../../record.ts'
import { loadRecord } from '../../record-store.ts'
import { reportModel } from '../model.ts'
import { comparisonPage } from './comparison-page.ts'
import { hostile, longRecord, records } from './fixtures/records.ts'
import { writtenPage } from './fixtures/written-page.ts'
import { recordPage } from './record-page.ts'

const skipped = { skip: noChromium }
const PHONE = { width: 390, height: 844 }

for (const [name, recordOf] of Object.entries(records)) {
  test(`a page of ${name}: no error, no request, and everybody can read it`, skipped, async () => {
    await opened(recordOf(), PHONE, async ({ page, errors, requests }) => {
      await page.evaluate(openAll)
      assert.deepEqual(await auditPage(page), [])
      assert.deepEqual(errors, [])
      assert.deepEqual(requests, [])
    })
  })
}

for (const colourScheme of ['light', 'dark'] as const) {
  test(`every text stands out from what is behind it: ${colourScheme}`, skipped, async () => {
    for (const name of ['everything', 'a biased run']) {
      await opened(records[name](), { colourScheme }, async ({ page }) => {
        await page.evaluate(openAll)
        assert.deepEqual(await faintTexts(page), [])
      })
    }
  })
}

test(
  'on paper, what is folded is open, buttons are gone, and nothing is cut off',
  skipped,
  async () => {
    const a4WithoutMargins = { width: 718, height: 1000 }
    await opened(records.everything(), a4WithoutMargins, async ({ page }) => {
      const folded = 'document.querySelectorAll("details > div").length'
      const visible =
        '[...document.querySelectorAll("details > div")].filter(e => e.checkVisibility({ contentVisibilityAuto: true }) && e.offsetHeight > 0).length'
      assert.equal(await page.evaluate(visible), 0)
      await shownOn(page, 'print')
      assert.equal(await page.evaluate(visible), await page.evaluate(folded))
      const buttons =
        '[...document.querySelectorAll("button")].filter(e => e.checkVisibility()).length'
      assert.equal(await page.evaluate(buttons), 0)
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
      assert.ok(width <= 718, `${width} px on a page of 718`)
      await shownOn(page, 'screen')
      assert.equal(await page.evaluate(visible), 0)
    })
  },
)

test('the record in the page is the record', skipped, async () => {
  const record = records['push only']()
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-download-'))
  try {
    await opened(record, {}, async ({ page, errors }) => {
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: /^Download/ }).click()
      const file = await download
      assert.equal(file.suggestedFilename(), 'record.json.gz')
      const path = join(directory, 'record.json.gz')
      await file.saveAs(path)
      assert.deepEqual(loadRecord(path), record)
      assert.deepEqual(errors, [])
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('the command that repeats a run can be copied, whatever is in it', skipped, async () => {
  const record = records['names to be escaped']()
  await opened(record, {}, async ({ page }) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('copied').waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), record.command)
  })
})

test(
  'the keyboard comes to the skip link first, and through it to the report',
  skipped,
  async () => {
    await opened(records.everything(), {}, async ({ page }) => {
      await page.keyboard.press('Tab')
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the report')
      await page.keyboard.press('Enter')
      assert.equal(await page.evaluate('location.hash'), '#main')
    })
  },
)

test('a name is text wherever it stands', skipped, async () => {
  await opened(records['names to be escaped'](), {}, async ({ page, errors }) => {
    const scripts = await page.evaluate('document.querySelectorAll("script").length')
    assert.equal(scripts, 1)
    const heading = page.getByRole('heading', { level: 2, name: `ibd: ${hostile}` })
    assert.equal(await heading.count(), 1)
    const drawn = await page.evaluate(
      '[...document.querySelectorAll("svg text")].map(e => e.textContent).join("\\n")',
    )
    assert.ok(String(drawn).includes(`${hostile} against direct`.slice(0, 50)))
    assert.deepEqual(errors, [])
  })
})

test(
  'what got into a page in spite of all that does not run, and fetches nothing',
  skipped,
  async () => {
    await opened(records.nothing(), {}, async ({ page }) => {
      const inserted = `(async () => {
      const violations = []
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => violations.push(effectiveDirective))
      document.body.insertAdjacentHTML('beforeend', '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><p onclick="0" style="color: red">')
      const script = document.createElement('script')
      script.textContent = 'window.hasRun = true'
      document.body.append(script)
      await fetch('http://127.0.0.1:9/').catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 50))
      return [...new Set(violations)].sort().concat(String(window.hasRun))
    })()`
      assert.deepEqual(await page.evaluate(inserted), [
        'connect-src',
        'img-src',
        'script-src-attr',
        'script-src-elem',
        'style-src-attr',
        'undefined',
      ])
    })
  },
)

test('a page of 640,000 slices is below 5 MB, and says what it leaves out', async () => {
  const page = await recordPage(longRecord(16, 10_000), 'runs/long/record.json', [])
  assert.ok(Buffer.byteLength(page) < 5_000_000)
  assert.match(page, /record-without-slices\.json\.gz/)
  assert.match(
    page,
    /its slices, which would make this page too large: they are in runs\/long\/record\.json/,
  )
  assert.match(page, /of 640,000 slices are drawn: of each process every so many, and outliers/)
})

test('of two records that are compared, both are in the page', skipped, async () => {
  const [base, head] = [records['push only'](), records['two machines']()]
  const model = reportModel(base, 'base')
  const text = await comparisonPage(
    model,
    { path: 'b', record: base },
    { path: 'h', record: head },
    [],
  )
  await openedText(text, PHONE, async ({ page, errors }) => {
    await page.evaluate(openAll)
    assert.deepEqual(await auditPage(page), [])
    const buttons = page.getByRole('button', { name: /^Download (base|head)\.json\.gz/ })
    assert.equal(await buttons.count(), 2)
    const machines = page
      .locator('summary')
      .filter({ hasText: /^Everything known of (base’s machine|head’s machine [12])$/ })
    assert.equal(await machines.count(), 3)
    assert.deepEqual(errors, [])
  })
})

test('what a record does not have is said, and not drawn', async () => {
  const page = (name: string) => recordPage(records[name](), 'r', [])
  assert.match(await page('everything failed'), /nothing is drawn: no subject finished/)
  assert.match(await page('nothing'), /There is nothing to say: nothing was compared/)
  assert.match(await page('dispatch only'), /No A\/A′ pair/)
  const [oneRound, pushes] = [await page('one round'), await page('push only')]
  assert.match(oneRound, /no intervals: there were too few rounds for one/)
  assert.doesNotMatch(pushes, /no intervals: there were/)
  assert.match(pushes, /user and kernel time: not in this record/)
  assert.match(await page('everything'), /<figcaption>User and kernel time<\/figcaption>/)
})

const openAll = 'for (const details of document.querySelectorAll("details")) details.open = true'

/** Returns once the page has been told: its own listeners come before this one. */
async function shownOn(page: OpenPage['page'], media: 'print' | 'screen'): Promise<void> {
  await page.evaluate(`void (window.told = new Promise(done =>
    matchMedia('print').addEventListener('change', done, { once: true })))`)
  await page.emulateMedia({ media })
  await page.evaluate('window.told')
}

async function opened(
  record: SockbenchRecord,
  screen: Screen,
  look: (page: OpenPage) => Promise<void>,
): Promise<void> {
  const text = await recordPage(record, 'runs/some/record.json', ['a calibration'])
  await openedText(text, screen, look)
}

async function openedText(
  text: string,
  screen: Screen,
  look: (page: OpenPage) => Promise<void>,
): Promise<void> {
  const page = await openPage(writtenPage(text), screen)
  try {
    await look(page)
  } finally {
    await page.close()
  }
}

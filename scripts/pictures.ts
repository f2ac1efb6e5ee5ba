/**
 * Takes the pictures of the documents from the pages under `results/reference/`, in a Chromium.
 *
 *     npm run pictures
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { noChromium, openPage, type Screen } from '../harness/pages/fixtures/chromium.ts'

interface Picture {
  page: string
  file: string
  screen: Screen
  /** What is shown: the top of the page where nothing is named. */
  selector?: string
  /** What is pressed before. */
  button?: string
}

const DESKTOP = { width: 1100, height: 1400 }
const PHONE = { width: 390, height: 844 }

const pictures: Picture[] = [
  { page: 'run.html', file: 'report.png', screen: DESKTOP },
  { page: 'run.html', file: 'report-phone.png', screen: PHONE },
  { page: 'run.html', file: 'report-dark.png', screen: { ...DESKTOP, colourScheme: 'dark' } },
  {
    page: 'profile/flamegraph.html',
    file: 'flamegraph.png',
    screen: { width: 1100, height: 1000 },
  },
  { page: 'profile/flamegraph.html', file: 'flamegraph-phone.png', screen: PHONE },
]

const root = join(import.meta.dirname, '..', '..')

if (noChromium !== false) {
  console.log(`skipped: ${noChromium}`)
} else {
  mkdirSync(join(root, 'docs', 'pictures'), { recursive: true })
  for (const picture of pictures) await take(picture)
}

async function take({ page: name, file, screen, selector, button }: Picture): Promise<void> {
  const path = join(root, 'results', 'reference', name)
  if (!existsSync(path))
    throw new Error(`no ${path}: results/reference/README.md says how it is made`)
  const { page, errors, requests, close } = await openPage(path, screen)
  try {
    if (button !== undefined) await page.getByRole('tab', { name: button }).click()
    const target = join(root, 'docs', 'pictures', file)
    await (selector === undefined ? page : page.locator(selector).first()).screenshot({
      path: target,
    })
    console.log(`${file}: ${errors.length} errors, ${requests.length} requests`)
  } finally {
    await close()
  }
}

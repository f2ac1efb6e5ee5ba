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
  /** The heading that comes first: the top of the page where there is none. */
  at?: string
}

/** Until what moves into its place has done so. */
const REST_MS = 1_000

const DESKTOP = { width: 1100, height: 1400 }
const PHONE = { width: 390, height: 844 }

const pictures: Picture[] = [
  { page: 'run.html', file: 'answers.png', screen: DESKTOP },
  {
    page: 'run.html',
    file: 'report.png',
    screen: { width: 860, height: 900 },
    at: 'ibd: large, 1 peer',
  },
  {
    page: 'run.html',
    file: 'push.png',
    screen: { width: 860, height: 900 },
    at: 'push: probe, 1 subscriber',
  },
  { page: 'run.html', file: 'report-phone.png', screen: PHONE, at: 'ibd: large, 1 peer' },
  {
    page: 'run.html',
    file: 'report-dark.png',
    screen: { ...DESKTOP, colourScheme: 'dark' },
    at: 'ibd: small, 1 peer',
  },
  {
    page: 'profile/flamegraph.html',
    file: 'differences.png',
    screen: { width: 1100, height: 860 },
    at: 'Functions that differ',
  },
  {
    page: 'profile/flamegraph.html',
    file: 'flamegraph.png',
    screen: { width: 1100, height: 800 },
    at: 'Flamegraphs',
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

async function take({ page: name, file, screen, at }: Picture): Promise<void> {
  const path = join(root, 'results', 'reference', name)
  if (!existsSync(path))
    throw new Error(`no ${path}: results/reference/README.md says how it is made`)
  const { page, errors, requests, close } = await openPage(path, screen)
  try {
    if (at !== undefined) await page.evaluate(scrollTo(at))
    await page.waitForTimeout(REST_MS)
    await page.screenshot({ path: join(root, 'docs', 'pictures', file) })
    const troubles = [...errors, ...requests.map(url => `asked for ${url}`)]
    if (troubles.length > 0) throw new Error(`${name}: ${troubles.join('; ')}`)
    console.log(`${file}: no error, no request`)
  } finally {
    await close()
  }
}

/** For the page to run. */
function scrollTo(heading: string): string {
  const named = `one => one.textContent === ${JSON.stringify(heading)}`
  const missing = JSON.stringify(`there is no heading "${heading}"`)
  return `{
    const found = [...document.querySelectorAll('h2, h3')].find(${named})
    if (found === undefined) throw new Error(${missing})
    found.scrollIntoView()
  }`
}

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { httpUtterances } from '../behaviour/http-requests.ts'
import { p2pUtterances } from '../behaviour/p2p-messages.ts'

const root = new URL('../../../', import.meta.url)
const document = new URL('docs/behaviour.md', root)
const text = readFileSync(document, 'utf8')

test('what docs/behaviour.md quotes is said', () => {
  const names = [...httpUtterances, ...p2pUtterances].map(({ name }) => name)
  const isSaid = (quote: string) =>
    quote.endsWith('…')
      ? names.some(name => name.startsWith(quote.slice(0, -1)))
      : names.includes(quote)
  const quotes = found(/“([^”]+)”/g)
  assert.ok(quotes.length > 0)
  assert.deepEqual(
    quotes.filter(quote => !isSaid(quote)),
    [],
  )
})

test('the files that it names and links to are there', () => {
  const files = ['harness', 'implementations', 'scenarios', 'scripts'].flatMap(filesBelow)
  const isThere = (name: string) => files.some(file => file.endsWith(`/${name}`))
  const links = found(/\]\(([^)]+)\)/g)
  const names = found(/([\w/-]+(?:\.\w+)*\.ts)\b(?!\))/g)
  assert.ok(links.length > 0 && names.length > 0)
  assert.deepEqual(
    links.filter(link => !existsSync(new URL(link, document))),
    [],
  )
  assert.deepEqual(
    names.filter(name => !isThere(name)),
    [],
  )
})

function found(pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group]) => group)
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true })
  return names.map(name => `/${folder}/${String(name)}`)
}

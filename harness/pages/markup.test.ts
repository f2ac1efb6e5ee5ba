import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escaped, html } from './markup.ts'

test('whatever is put into markup is text there, in content and in attributes', () => {
  const name = `</svg><script>alert("1")</script>&'`
  const { text } = html`<p title="${name}">${name}</p>`
  const safe = '&lt;/svg&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'
  assert.equal(text, `<p title="${safe}">${safe}</p>`)
})

test('markup in markup, and lists of it, are not escaped again', () => {
  const rows = ['a', '<b>'].map(cell => html`<td>${cell}</td>`)
  assert.equal(html`<tr>${rows}</tr>`.text, '<tr><td>a</td><td>&lt;b&gt;</td></tr>')
})

test('what no page may hold is made visible', () => {
  assert.equal(escaped('a\u0000b\ud800'), 'a\\x00b\\ud800')
})

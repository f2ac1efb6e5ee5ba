import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeSpan, escapedHtml, escapedMarkdown, markdownTable } from './markdown-text.ts'

test('what somebody else wrote is text: no cell, no markup, no HTML, no mathematics', () => {
  assert.equal(
    escapedMarkdown('a|b `c` *d* _e_ ~f~ [g](h) \\i $j$'),
    'a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~ \\[g\\](h) \\\\i \\$j\\$',
  )
  assert.equal(
    escapedMarkdown('<script>x</script> &amp;'),
    '&lt;script&gt;x&lt;/script&gt; &amp;amp;',
  )
})

test('nobody is mentioned, no issue is linked to, and no address', () => {
  const gap = '&#8203;'
  assert.equal(escapedMarkdown('@someone'), `@${gap}someone`)
  assert.equal(
    escapedMarkdown('see #12, org/x#3 and GH-4'),
    `see #${gap}12, org/x#${gap}3 and GH-${gap}4`,
  )
  assert.equal(escapedMarkdown('https://x.org www.x.org'), `https:${gap}//x.org www${gap}.x.org`)
  assert.equal(escapedMarkdown('a @ b # c'), 'a @ b # c')
})

test('it is one line, and begins nothing', () => {
  assert.equal(escapedMarkdown('a\nb\r\u001b[2J'), 'a\\\\x0ab\\\\x0d\\\\x1b\\[2J')
  assert.equal(escapedMarkdown('# a'), '\\# a')
  assert.equal(escapedMarkdown('- a'), '\\- a')
  assert.equal(escapedMarkdown('12. a'), '12\\. a')
  assert.equal(escapedMarkdown('−1 %'), '−1 %')
})

test('inside of HTML, markup is none and stays as it is', () => {
  assert.equal(escapedHtml('a|b *c* <d> & @e #1'), 'a|b *c* &lt;d&gt; &amp; @&#8203;e #&#8203;1')
})

test('code has more backticks around than inside', () => {
  assert.equal(codeSpan('a'), '`a`')
  assert.equal(codeSpan('a\nb'), '`a\\x0ab`')
  assert.equal(codeSpan('a `` b'), '``` a `` b ```')
})

test('a table is GitHub’s, without padding', () => {
  assert.equal(
    markdownTable(
      ['a', 'long head'],
      [
        ['1', ''],
        ['longer', '2'],
      ],
    ),
    '| a | long head |\n| - | - |\n| 1 | |\n| longer | 2 |',
  )
})

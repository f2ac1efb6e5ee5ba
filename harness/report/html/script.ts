/** All that runs in the page: without it, the page lacks its buttons and nothing else. */
export const script = `
'use strict'
for (const button of document.querySelectorAll('button[hidden]')) button.hidden = false
const status = document.getElementById('status')
const say = text => { status.textContent = ''; status.textContent = text }
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.addEventListener('click', async () => {
    const command = document.getElementById(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(command.textContent)
      say('copied')
    } catch {
      getSelection().selectAllChildren(command)
      say('not copied: it is selected now, copy it with the keyboard')
    }
  })
}
for (const button of document.querySelectorAll('button[data-file]')) {
  button.addEventListener('click', () => {
    const text = document.getElementById(button.dataset.file).content.textContent
    const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0))
    const url = URL.createObjectURL(new Blob([bytes], { type: 'application/gzip' }))
    const link = document.createElement('a')
    link.href = url
    link.download = button.dataset.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 1000)
    say('saved as ' + button.dataset.name)
  })
}
const folded = []
const unfold = () => {
  for (const details of document.querySelectorAll('details:not([open])')) {
    details.open = true
    folded.push(details)
  }
}
const fold = () => { for (const details of folded.splice(0)) details.open = false }
addEventListener('beforeprint', unfold)
addEventListener('afterprint', fold)
matchMedia('print').addEventListener('change', ({ matches }) => matches ? unfold() : fold())
`

/** What runs in the page, beside d3 and d3-flame-graph: draws a thread when its tab is chosen. */
export const script = `
'use strict'
const { programs, unit, frames, pictures, colours } = JSON.parse(document.getElementById('data').textContent)
const two = programs.length === 2
const dark = matchMedia('(prefers-color-scheme: dark)')
const still = matchMedia('(prefers-reduced-motion: reduce)')
const state = { width: two ? 1 : 0, colour: two ? 'difference' : 'code' }
const drawings = new Map()

const number = value => value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
const signed = value => (value < 0 ? '\\u2212' : '+') + number(Math.abs(value))
const placeOf = ({ file, line }) => (file === '' ? '' : ' (' + file + (line > 0 ? ':' + line : '') + ')')

function described(node, whole) {
  const frame = frames[node.f]
  const costs = node.v.map((cost, i) =>
    (two ? programs[i] + ' ' : '') + number(cost) + ' ns per ' + unit +
    ' (' + (100 * cost / (whole.v[i] || 1)).toFixed(1) + ' % of the thread)')
  const difference = node.d === undefined ? '' : '; difference ' + signed(node.d[0]) + ' ns' +
    (node.d[1] === null ? ', too few rounds for an interval' : ' [' + signed(node.d[1]) + ', ' + signed(node.d[2]) + ']')
  const only = node.o === undefined ? '' : '; sampled only in ' + programs[node.o]
  return frame.name + placeOf(frame) + ': ' + costs.join('; ') + difference + only
}

function blended(from, to, share) {
  return d3.interpolateRgb(from, to)(share)
}

function colourOf(node, largest) {
  if (state.colour === 'code') return colours.kinds[frames[node.f].kind]
  if (node.d === undefined) return colours.same
  if (node.o !== undefined) return colours.only
  const [estimate, low, high] = node.d
  if (low === null || (low <= 0 && high >= 0)) return colours.same
  const share = 0.25 + 0.75 * Math.min(1, Math.abs(estimate) / largest)
  return blended(colours.same, estimate > 0 ? colours.more : colours.less, share)
}

function largestDifference(node) {
  const own = node.d !== undefined && node.o === undefined ? Math.abs(node.d[0]) : 0
  return Math.max(own, ...(node.c ?? []).map(largestDifference))
}

class Drawing {
  constructor(panel, picture) {
    this.panel = panel
    this.picture = picture
    this.place = panel.querySelector('.graph')
    this.details = panel.querySelector('.details')
    this.search = panel.querySelector('input[type=search]')
    this.found = panel.querySelector('.found')
    this.search.addEventListener('input', () => this.find())
    panel.querySelector('.reset').addEventListener('click', () => this.reset())
    this.place.addEventListener('keydown', event => this.key(event))
    this.place.addEventListener('focus', () => this.current ?? this.moveTo(this.root))
    this.draw()
  }

  draw() {
    this.place.replaceChildren()
    this.current = undefined
    const largest = Math.max(largestDifference(this.picture.root), 1e-9)
    this.chart = flamegraph.default()
      .width(Math.max(280, this.place.clientWidth))
      .cellHeight(20)
      .minFrameSize(2)
      .inverted(true)
      .sort(true)
      .title('')
      .transitionDuration(still.matches ? 0 : 200)
      .getName(({ data }) => frames[data.f].name)
      .getValue(data => data.value)
      .getChildren(data => data.children)
    this.chart.label(({ data }) => described(data, this.picture.root))
      .setColorMapper(({ data, highlight }) => highlight ? colours.found : colourOf(data, largest))
      .setSearchMatch(({ data }, term) => {
        const { name, file } = frames[data.f]
        return (name + ' ' + file).toLowerCase().includes(term.toLowerCase())
      })
      .setSearchHandler((results, sum, total) => {
        this.found.textContent = results.length + ' found, ' + (100 * sum / total).toFixed(1) + ' %'
      })
      .onHover(node => { this.details.textContent = described(node.data, this.picture.root) })
      .onClick(node => this.moveTo(node, false))
    d3.select(this.place).datum(this.data(this.picture.root)).call(this.chart)
    this.root = d3.select(this.place).datum()
    this.find()
  }

  data(node) {
    const value = node.v[state.width]
    const children = (node.c ?? []).filter(child => child.v[state.width] > 0).map(child => this.data(child))
    return { ...node, value, children }
  }

  find() {
    const term = this.search.value.trim()
    if (term !== '') return this.chart.search(term)
    this.found.textContent = ''
    this.chart.clear()
  }

  reset() {
    this.chart.resetZoom()
    this.moveTo(this.root)
  }

  moveTo(node, tells = true) {
    if (node === undefined || node === null) return
    this.current = node
    for (const frame of this.place.querySelectorAll('g.frame')) {
      frame.classList.toggle('current', frame.__data__ === node)
    }
    if (tells) this.details.textContent = described(node.data, this.picture.root)
  }

  key(event) {
    const node = this.current ?? this.root
    const beside = step => {
      const all = (node.parent?.children ?? [node]).filter(one => one.value > 0).sort((a, b) => a.x0 - b.x0)
      return all[all.indexOf(node) + step]
    }
    const largestChild = () => (node.children ?? []).reduce(
      (best, one) => (one.value > (best?.value ?? 0) ? one : best), undefined)
    const moves = {
      ArrowDown: largestChild,
      ArrowUp: () => node.parent,
      ArrowLeft: () => beside(-1),
      ArrowRight: () => beside(1),
      Home: () => this.root,
    }
    if (event.key === 'Enter') this.chart.zoomTo(node)
    else if (event.key === 'Escape') this.reset()
    else if (moves[event.key] !== undefined) this.moveTo(moves[event.key]())
    else return
    event.preventDefault()
  }
}

const tabs = [...document.querySelectorAll('[role=tab]')]

function choose(tab) {
  for (const other of tabs) {
    const chosen = other === tab
    other.setAttribute('aria-selected', String(chosen))
    other.tabIndex = chosen ? 0 : -1
    document.getElementById(other.getAttribute('aria-controls')).hidden = !chosen
  }
  const i = tabs.indexOf(tab)
  if (drawings.has(i)) drawings.get(i).draw()
  else drawings.set(i, new Drawing(document.getElementById(tab.getAttribute('aria-controls')), pictures[i]))
}

function redraw() {
  const i = tabs.findIndex(tab => tab.getAttribute('aria-selected') === 'true')
  drawings.get(i)?.draw()
}

for (const tab of tabs) {
  tab.addEventListener('click', () => choose(tab))
  tab.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]
    next.focus()
    choose(next)
    event.preventDefault()
  })
}
for (const control of document.querySelectorAll('.choices input')) {
  control.addEventListener('change', () => {
    if (control.name === 'width') state.width = Number(control.value)
    else state.colour = control.value
    for (const legend of document.querySelectorAll('.legend')) {
      legend.hidden = legend.dataset.of !== state.colour
    }
    redraw()
  })
}
let resized
addEventListener('resize', () => {
  clearTimeout(resized)
  resized = setTimeout(redraw, 150)
})
if (tabs.length > 0) choose(tabs[0])
`

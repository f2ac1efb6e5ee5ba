import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { framedPage } from '../../pages/frame.ts'
import { html, Markup, nothing } from '../../pages/markup.ts'
import { figure } from '../../report/quantities.ts'
import type { FrameKind } from '../frame.ts'
import type { FunctionResult, ProfileResult, ThreadResult } from '../profile-result.ts'
import {
  comparisonSentence,
  onlyText,
  overheadLines,
  samplingText,
  signed,
} from '../profile-text.ts'
import type { ThreadTree } from '../thread-trees.ts'
import { doingOf } from '../what-it-does.ts'
import { palette } from './palette.ts'
import { FrameTable, type Picture, pictureOf } from './picture.ts'
import { script } from './script.ts'
import { styles } from './styles.ts'

/** One file that needs nothing else: a tab with a flamegraph for each thread, and tables of the same. */
export function flamegraphPage(result: ProfileResult, trees: readonly ThreadTree[]): string {
  const table = new FrameTable()
  const { programs, scenario, label, unit } = result
  const matching = sameBackend(result) ? 'by path' : 'by function'
  const pictures = trees.map(tree => pictureOf(tree, table, matching))
  const names = programs.map(({ name }) => name)
  const data = { programs: names, unit, frames: table.frames, pictures, colours: palette }
  const title = `${names.join(' against ')}: ${scenario}, ${label}`
  const kinds = [...new Set(table.frames.map(({ kind }) => kind))]
  const body = html`<main>
<h1>Where the CPU goes: ${title}</h1>
<p class="notice">${INSTRUMENTED}</p>
${result.warnings.map(warning => html`<p class="notice">${warning}</p>`)}
<p>${result.rounds} rounds of fresh processes; ${programs
    .map(({ name, measuredSeconds }) => `${name} for ${measuredSeconds.toFixed(1)} s`)
    .join(
      ', ',
    )}; a sample of each thread every ${figure(result.intervalUs)} µs; figures are CPU ns per ${unit}.</p>
<h2>What the profiler itself costs</h2>
<ul>${overheadLines(result).map(line => html`<li>${line.trim()}</li>`)}</ul>
${differencesSection(result)}
<h2>Flamegraphs</h2>
<p class="soft">Callers are above what they call. Click or Enter: zoom; arrow keys: from function to function; Escape: all of it again.</p>
${choices(result)}
${legends(names, kinds)}
<div class="tabs" role="tablist" aria-label="Threads">${result.threads.map(
    ({ thread }, i) =>
      html`<button type="button" role="tab" id="tab-${i}" aria-controls="panel-${i}" aria-selected="${String(i === 0)}" tabindex="${i === 0 ? 0 : -1}">${thread}</button>`,
  )}</div>
${result.threads.map((thread, i) => panel(result, thread, pictures[i], i))}
<h2>How it was measured</h2>
${provenance(result)}
</main>
<script type="application/json" id="data">${new Markup(embedded(data))}</script>`
  return framedPage({ title, body, styles, script: `${libraries()}\n${script}` })
}

function sameBackend({ programs }: ProfileResult): boolean {
  return programs.every(({ backend }) => backend === programs[0].backend)
}

const INSTRUMENTED =
  'Every figure here is of processes with a profiler in them. Read shares and differences, no timings: ' +
  'the signals of the profiler end sleeps in poll(2) early, so waits are shorter here than they are, ' +
  'and no latency can be read off this page.'

function differencesSection(result: ProfileResult): Markup {
  const { comparison, programs, threads, unit } = result
  if (comparison === null) return nothing
  const rows = threads
    .flatMap(({ thread, functions }) => functions.map(one => ({ thread, one })))
    .filter(({ one }) => one.significant)
    .sort((a, b) => sizeOf(b.one) - sizeOf(a.one))
  const [first, second] = programs.map(({ name }) => name)
  return html`<h2>Functions that differ</h2>
<p>${comparisonSentence(result)}. A function is told by its name and file${
    sameBackend(result) ? '' : '; what two backends call by other names is not matched'
  }. Calls into the kernel are tested together: the samples do not tell a call at work from one that waits for a CPU.</p>
${
  rows.length === 0
    ? html`<p>None.</p>`
    : html`<div class="wide"><table><thead><tr><th class="text">function</th><th class="text">thread</th><th>${first}</th><th>${second}</th><th>difference, ns of CPU per ${unit}</th><th>with all it calls</th></tr></thead><tbody>${rows.map(
        ({ thread, one }) =>
          html`<tr><td class="text">${nameOf(one)}${onlyText(one, programs)}</td><td class="text">${thread}</td><td>${figure(one.selfNs[0])}</td><td>${figure(one.selfNs[1])}</td><td>${differenceText(one)}</td><td>${figure(one.totalNs[0])} → ${figure(one.totalNs[1])}</td></tr>`,
      )}</tbody></table></div>`
}`
}

function choices(result: ProfileResult): Markup {
  const { programs } = result
  if (programs.length !== 2) return nothing
  const widths = programs.map(
    ({ name }, i) =>
      html`<label><input type="radio" name="width" value="${i}"${i === 1 ? CHECKED : nothing}> ${name}</label>`,
  )
  return html`<div class="choices"><fieldset><legend>Width:</legend>${widths}</fieldset>
<fieldset><legend>Colour:</legend><label><input type="radio" name="colour" value="difference"${CHECKED}> difference</label><label><input type="radio" name="colour" value="code"> whose code it is</label></fieldset></div>
<p class="soft">${
    sameBackend(result)
      ? 'The colour is that of the difference at this place, matched along the path by name and file.'
      : 'The colour is that of the difference of the function with all it calls, wherever it is called from: backends have other paths.'
  } What only one of them runs is drawn in its width alone.</p>`
}

const CHECKED = new Markup(' checked')

function legends(names: readonly string[], kinds: readonly FrameKind[]): Markup {
  const two = names.length === 2
  const code = kinds.map(kind => html`<li>${swatch(palette.kinds[kind])}${kind}</li>`)
  const differences = two
    ? html`<ul class="legend" data-of="difference"><li>${swatch(palette.more)}${names[1]} costs more</li><li>${swatch(palette.less)}${names[1]} costs less</li><li>${swatch(palette.only)}sampled in one of them alone, by that name, and surely above 0</li><li>${swatch(palette.same)}the interval of the difference includes 0 (95 %, each by itself), or a single call into the kernel</li></ul>`
    : nothing
  return html`${differences}<ul class="legend" data-of="code"${two ? new Markup(' hidden') : nothing}>${code}</ul>`
}

function swatch(colour: string): Markup {
  return html`<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="${colour}"/></svg>`
}

function panel(result: ProfileResult, thread: ThreadResult, picture: Picture, i: number): Markup {
  const { programs, unit } = result
  return html`<section role="tabpanel" id="panel-${i}" aria-labelledby="tab-${i}"${i === 0 ? nothing : new Markup(' hidden')}>
<div class="tools"><label for="search-${i}">Find</label><input type="search" id="search-${i}" placeholder="function or file"><span class="found" role="status"></span><button type="button" class="reset">All of it</button></div>
<div class="graph" tabindex="0" role="application" aria-label="Flamegraph of ${thread.thread}; the tables below hold the same figures"></div>
<p class="details" aria-live="polite"></p>
<p class="soft">${thread.thread}: ${thread.costNs.map((cost, p) => `${programs[p].name} ${figure(cost)}`).join(', ')} ns of CPU per ${unit}. What costs less than ${(100 * picture.leastShare).toPrecision(1)} % of it is not drawn.</p>
<ul class="soft">${programs.map(({ name }, p) => html`<li>${name}: ${samplingText(thread, p)}</li>`)}</ul>
${functionTable(result, thread)}
</section>`
}

const SHOWN_FUNCTIONS = 30

function functionTable(
  { programs, unit, comparison }: ProfileResult,
  thread: ThreadResult,
): Markup {
  const shown = thread.functions
    .filter(({ selfNs }) => selfNs.some(self => self > 0))
    .toSorted((one, other) => Math.max(...other.selfNs) - Math.max(...one.selfNs))
    .slice(0, SHOWN_FUNCTIONS)
  const heads = programs.map(({ name }) => html`<th>${name}</th><th>with all it calls</th>`)
  return html`<div class="wide"><table><caption class="soft">${thread.thread}: the ${shown.length} functions that cost most by themselves, ns of CPU per ${unit}</caption><thead><tr><th class="text">function</th>${heads}${comparison === null ? nothing : html`<th>difference [95 % by itself]</th>`}</tr></thead><tbody>${shown.map(
    one =>
      html`<tr${one.significant ? new Markup(' class="sure"') : nothing}><td class="text">${nameOf(one)}</td>${programs.map(
        (_, p) => html`<td>${figure(one.selfNs[p])}</td><td>${figure(one.totalNs[p])}</td>`,
      )}${comparison === null ? nothing : html`<td>${differenceText(one)}</td>`}</tr>`,
  )}</tbody></table></div>`
}

function nameOf({ name, file, line }: FunctionResult): Markup {
  if (file === '') return html`${name}`
  return html`${name} <span class="soft">${file}${line > 0 ? `:${line}` : ''}</span>`
}

function differenceText(one: FunctionResult): string {
  const { difference } = one
  if (difference === null) return ''
  if (doingOf(one) !== 'computes') return 'all calls together'
  const { estimate, interval } = difference
  if (interval === null) return `${signed(estimate)} (too few rounds)`
  return `${signed(estimate)} [${signed(interval.low)}, ${signed(interval.high)}]`
}

function sizeOf({ difference }: FunctionResult): number {
  return Math.abs(difference?.estimate ?? 0)
}

function provenance(result: ProfileResult): Markup {
  const { command, seed, startedAt, tool, environment, spentSeconds, programs } = result
  const spent = Object.entries(spentSeconds).map(([what, s]) => `${what} ${s.toFixed(1)} s`)
  const raw = programs.map(({ slug }) => `raw/${slug}/round-01/`)
  return html`<ul>
<li>Again: <code>${command}</code></li>
<li>Seed ${seed}, ${startedAt}, sockbench ${tool.version}${tool.gitSha === null ? '' : ` at ${tool.gitSha.slice(0, 8)}`}${tool.dirty === true ? ' with changes' : ''}</li>
<li>${environment.cpuModel}, Linux ${environment.kernel}, Node ${environment.node}, V8 ${environment.v8}; load ${environment.loadBefore} before, ${environment.loadAfter} after</li>
<li>Beside this file: <code>profile.json</code>, <code>folded/</code> (for flamegraph.pl, speedscope), and V8's own profiles (for speedscope and Chrome) in <code>${raw.join(', ')}</code> and so on.</li>
<li>Where the time went: ${spent.join(', ')}.</li>
</ul>`
}

/** JSON that ends no script element, whatever a function is called. */
function embedded(data: object): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c')
}

/** Of their packages, as they are for browsers. The style that d3-flame-graph adds is in ours. */
function libraries(): string {
  const require = createRequire(import.meta.url)
  const d3 = readFileSync(join(dirname(require.resolve('d3-flame-graph')), FLAMEGRAPH_FILE), 'utf8')
  const itsOwnStyle = ',document.head.appendChild(U)'
  if (!d3.includes(itsOwnStyle))
    throw new Error(`${FLAMEGRAPH_FILE} is not the one this was written for`)
  return [
    readFileSync(join(packageOf(require.resolve('d3')), 'dist', 'd3.min.js'), 'utf8'),
    d3.replace(itsOwnStyle, ''),
  ].join('\n')
}

const FLAMEGRAPH_FILE = 'd3-flamegraph.umd.min.js'

function packageOf(entry: string): string {
  return dirname(dirname(entry))
}

import { colours } from '../../pages/colours.ts'

export const styles = `${colours}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p, ul { max-width: 75ch; margin: .5rem 0; }
.soft { color: var(--soft); }
.notice { background: var(--raised); border-left: 4px solid var(--bad); padding: .5rem .75rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .875rem; }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th.text, td.text { text-align: left; }
td.text:first-child { min-width: 16rem; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; }
tr.sure td { font-weight: 600; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; border-bottom: 1px solid var(--line); margin-top: 1rem; }
.tabs button { font: inherit; padding: .4rem .9rem; border: 1px solid var(--line); border-bottom: 0;
  background: var(--ground); color: var(--ink); border-radius: 6px 6px 0 0; cursor: pointer; }
.tabs button[aria-selected=true] { background: var(--raised); font-weight: 600; box-shadow: inset 0 3px var(--focus); }
.choices { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .75rem 0; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 .75rem; }
legend { float: left; padding: 0; margin-right: .25rem; color: var(--soft); }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .75rem 0 .25rem; }
.tools input, .tools button { font: inherit; padding: .25rem .5rem; border: 1px solid var(--line);
  background: var(--ground); color: var(--ink); border-radius: 4px; }
.tools input { flex: 0 1 18rem; min-width: 8rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 1px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem .9rem; padding: 0; font-size: .85rem; max-width: none; }
.legend li[hidden], .legend[hidden] { display: none; }
.swatch { width: .9em; height: .9em; display: inline-block; vertical-align: -.1em; margin-right: .3em; }
.swatch rect { stroke: var(--line); }
.graph { overflow-x: hidden; margin-top: .25rem; background: var(--raised); }
.graph svg { display: block; }
.details { min-height: 3.2em; font-size: .875rem; overflow-wrap: anywhere; margin: .25rem 0; max-width: none; }
.d3-flame-graph rect { stroke: var(--raised); }
.d3-flame-graph rect:hover { stroke: #000; cursor: pointer; }
.d3-flame-graph .frame.current rect { stroke: #000; stroke-width: 2.5; }
.d3-flame-graph .fade { opacity: .6; }
.d3-flame-graph-label { pointer-events: none; white-space: nowrap; text-overflow: ellipsis; overflow: hidden;
  font: 12px/20px system-ui, sans-serif; padding: 0 4px; color: #000; text-align: left; }
@media print { .tabs, .tools, .choices { display: none; } [role=tabpanel][hidden] { display: block; } }
`

import { colours } from '../../pages/colours.ts'

export const styles = `${colours}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
header, nav, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.5rem 0 .25rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; background: var(--ground); padding: .5rem 1rem; }
.skip:focus { left: 0; top: 0; z-index: 1; }
.about, .soft, .notes, .missing, caption, figcaption + .soft { color: var(--soft); }
.about { margin: 0 0 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; margin: .5rem 0 0; }
ul { padding-left: 1.25rem; margin: .5rem 0; }
.verdicts { list-style: none; padding: 0; }
.verdicts li { background: var(--raised); border-left: 4px solid var(--plain); padding: .35rem .75rem; margin: .25rem 0; }
.verdicts li.equivalent, .verdicts li.faster { border-color: var(--good); }
.verdicts li.slower { border-color: var(--bad); }
.verdicts li.inconclusive { border-color: var(--open); }
.verdicts li.invalid { border-color: var(--void); }
.sign, .word { font-weight: 600; }
.equivalent > .word, .faster > .word, .sign.equivalent, .sign.faster { color: var(--good); }
.slower > .word, .sign.slower { color: var(--bad); }
.inconclusive > .word, .sign.inconclusive { color: var(--open); }
.invalid > .word, .sign.invalid { color: var(--void); }
.trouble { border: 1px solid var(--bad); padding: 0 1rem .5rem; margin-top: 1rem; }
.trouble h2 { border: 0; margin-top: .5rem; }
.scroll {
  overflow-x: auto; max-width: 100%; margin: .5rem 0;
  background:
    linear-gradient(to right, var(--ground) 30%, transparent) left / 2rem 100% local no-repeat,
    linear-gradient(to left, var(--ground) 30%, transparent) right / 2rem 100% local no-repeat,
    linear-gradient(to right, var(--line), transparent) left / .75rem 100% scroll no-repeat,
    linear-gradient(to left, var(--line), transparent) right / .75rem 100% scroll no-repeat;
}
table { border-collapse: collapse; font-size: .8125rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0; }
th, td { padding: .2rem .45rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: normal; }
th { font-weight: 600; }
tbody th { font-weight: 400; min-width: 10.5rem; max-width: 20rem; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid var(--line); }
.figure { text-align: right; white-space: nowrap; }
td.text:last-child { min-width: 9rem; }
figure { margin: 1.25rem 0; }
figcaption { font-weight: 600; }
svg { display: block; max-width: none; height: auto; }
svg text { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; }
.notes { font-size: .875rem; margin: .25rem 0; }
.missing { font-size: .875rem; }
.missing p { margin: 1rem 0 0; }
.missing ul { margin-top: 0; }
details { margin: .75rem 0; border: 1px solid var(--line); }
details > div { padding: 0 .75rem; }
summary { cursor: pointer; padding: .4rem .75rem; background: var(--raised); }
dl { margin: .5rem 0; }
dt { font-weight: 600; margin-top: .5rem; }
dd { margin: 0; }
.command { display: flex; flex-wrap: wrap; gap: .5rem; align-items: flex-start; }
pre { margin: 0; padding: .5rem .75rem; background: var(--raised); white-space: pre-wrap; overflow-wrap: anywhere; flex: 1 1 16rem; }
button { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--soft); padding: .35rem .9rem; cursor: pointer; }
.narrow { display: none; }
@media screen and (max-width: 40rem) {
  h1 { font-size: 1.25rem; }
  .wide { display: none; }
  .narrow { display: block; }
}
@media print {
  body { font-size: 10pt; }
  header, nav, main, footer { max-width: none; padding: 0; }
  nav, button, .skip { display: none; }
  .scroll { overflow: visible; background: none; }
  svg { max-width: 100%; }
  table { font-size: 7pt; }
  th, td, .figure { padding: .1rem .25rem; white-space: normal; overflow-wrap: anywhere; }
  tbody th { min-width: 0; }
  td.text:last-child { min-width: 0; }
  details { border: 0; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  details:not([open]) > :not(summary) { display: block; }
  figure, li, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`

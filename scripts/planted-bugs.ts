/**
 * Whether the suites would notice: plants each bug of `planted-bugs/bugs.ts` into a copy of the sources,
 * builds it, and runs the suites against it. Simulation and conformance (where somebody outside could notice)
 * both run, since what a seam in front of the system calls is worth shows in what only the first one finds;
 * tests run where both find nothing.
 *
 *     npm run planted-bugs [-- --only TEXT]
 */
import { argv } from 'zx'
import { plantedBugs } from './planted-bugs/bugs.ts'
import { Copy, isCaught, type Outcome, type Row } from './planted-bugs/copy.ts'

/** Worked on side by side. */
const copies = [new Copy(), new Copy()] as const
process.once('exit', () => {
  for (const copy of copies) copy.remove()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.all(copies.map(copy => copy.end())).finally(() => process.exit(130))
  })
}

const wanted = plantedBugs.filter(
  ({ name }) => argv.only === undefined || name.includes(String(argv.only)),
)
const left = [...wanted]
const rows: Row[] = []
try {
  copies[0].demandPlaces(wanted)
  await Promise.all(copies.map(copy => copy.build()))
  // Beside each other, as they will run.
  await Promise.all([demandGreen(copies[0]), demandTestsGreen(copies[1])])
  console.log(columns(['sockets', 'events', 'conform', 'tests'], 'bug'))
  await Promise.all(copies.map(plantAll))
} finally {
  await Promise.all(copies.map(copy => copy.end()))
}
const caught = rows.filter(row => outcomesOf(row).some(isCaught))
const by = (suite: 'simulation' | 'consumers' | 'conformance') =>
  rows.filter(row => isCaught(row[suite])).length
const countOf = (outcome: Outcome) => rows.flatMap(outcomesOf).filter(one => one === outcome).length
console.log(
  `${caught.length} of ${rows.length} planted bugs are caught: ${by('simulation')} in simulated sockets, ` +
    `${by('consumers')} by SockMan's events alone, ${by('conformance')} by conformance, the rest by tests ` +
    `(${countOf('hangs')} suites hung, ${countOf('crashes')} crashed)`,
)
if (caught.length < rows.length) process.exitCode = 1

async function demandGreen(copy: Copy): Promise<void> {
  const outcomes = {
    simulation: await copy.simulate('sock'),
    consumers: await copy.simulate('sockman'),
    conformance: await copy.conform(),
  }
  for (const [suite, outcome] of Object.entries(outcomes)) demandMissed(suite, outcome)
}

async function demandTestsGreen(copy: Copy): Promise<void> {
  demandMissed('tests', await copy.test())
}

function demandMissed(suite: string, outcome: Outcome): void {
  if (outcome === 'missed') return
  throw new Error(`${suite}: ${outcome} without a bug: mend that first`)
}

async function plantAll(copy: Copy): Promise<void> {
  for (let bug = left.shift(); bug !== undefined; bug = left.shift()) {
    const row = await copy.plant(bug)
    rows.push(row)
    console.log(lineOf(row))
  }
}

function outcomesOf({ simulation, consumers, conformance, tests }: Row): Outcome[] {
  return [simulation, consumers, conformance, tests]
}

function lineOf(row: Row): string {
  return columns(outcomesOf(row), row.bug)
}

function columns(outcomes: readonly string[], bug: string): string {
  return outcomes.map(outcome => outcome.padEnd(10)).join('') + bug
}

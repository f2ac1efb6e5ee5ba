/**
 * A copy of this checkout whose virtual-sockman turns a loop in `P2pConnman.eventGotData`: what
 * `sockbench profile` must name first, compared with this checkout. See docs/profiling.md.
 *
 *     node dist/scripts/plant-spin.js DIRECTORY [--turns N]
 */
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $, argv } from 'zx'

/** Some 1.5 µs: 2 % of what a small block costs, of which one recv brings about six. */
const USUAL_TURNS = 800

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const copied = [
  'harness',
  'implementations',
  'scenarios',
  'scripts',
  'package.json',
  'tsconfig.json',
]
const place = 'implementations/virtual-sockman/p2p-connman.ts'
const method = '  protected override eventGotData(id: ConnectionId, data: Uint8Array): void {\n'

const [directory] = argv._
const turns = Number(argv.turns ?? USUAL_TURNS)
if (directory === undefined || existsSync(directory) || !Number.isInteger(turns)) {
  console.error('usage: plant-spin DIRECTORY [--turns N]; the directory must not be there yet')
  process.exit(2)
}
const copy = resolve(directory)
for (const name of copied) cpSync(join(checkout, name), join(copy, name), { recursive: true })
symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'))
plant(join(copy, place))
await $({ cwd: copy })`npx tsc -b`
console.log(
  `planted in ${join(copy, place)}; now: npx sockbench profile ${checkout} ${copy} ` +
    '--backend virtual-sockman --scenario ibd --set profile=small',
)

/** Xorshift, as in spin-loop.ts, but with no function of its own to be named by. */
function plant(path: string): void {
  const source = readFileSync(path, 'utf8')
  if (!source.includes(method)) throw new Error(`${path} has no eventGotData where one was`)
  const loop = `    let x = this.planted
    for (let i = 0; i < ${turns}; i++) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
    }
    this.planted = x
`
  const field = '  private planted = 2_463_534_242 | 0\n\n'
  writeFileSync(path, source.replace(method, `${field}${method}${loop}`))
}

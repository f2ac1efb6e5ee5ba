/**
 * Who may import whom: sock ← threads, protocol ← node ← backends ← registry. Backends never import
 * each other, scenarios know protocols and never a backend, the harness knows names. Only `dispatch`,
 * which has no driver and no subjects, and the simulation run backends themselves.
 *
 * A unit is a folder directly below `implementations/`, a file directly there, one of `innerUnits`, or
 * a top-level folder. Inside a unit anything goes; besides that, a unit may import what it has here.
 */
const innerUnits: readonly string[] = [
  'harness/behaviour',
  'harness/conformance',
  'harness/simulation',
  'scenarios/dispatch',
]

const forBackends = [
  'implementations/backend.ts',
  'implementations/node',
  'implementations/protocol',
  'implementations/send-mode.ts',
  'implementations/sock',
  'implementations/threads',
]

/** For files directly in `implementations/`: what starts the threads of a subject, and tests of it. */
const forSubjects = [
  ...forBackends,
  'implementations/trace',
  'implementations/fixtures',
  'implementations/registry.ts',
  'implementations/subject.ts',
  'implementations/thread-main.ts',
]

const mayImport: Readonly<Record<string, readonly string[]>> = {
  'implementations/sock': [],
  'implementations/protocol': [],
  'implementations/send-mode.ts': [],
  'implementations/threads': ['implementations/sock'],
  'implementations/node': [
    'implementations/protocol',
    'implementations/send-mode.ts',
    'implementations/sock',
    'implementations/threads',
  ],
  'implementations/trace': ['implementations/sock', 'implementations/threads'],
  'implementations/backend.ts': ['implementations/node'],
  'implementations/fixtures': forSubjects,
  'implementations/registry.ts': ['implementations'],
  scenarios: [
    'implementations/backend.ts',
    'implementations/node/block-download.ts',
    'implementations/node/http/chain-store.ts',
    'implementations/node/http/routes.ts',
    'implementations/node/loop-constants.ts',
    'implementations/node/service-options.ts',
    'implementations/node/verify-level.ts',
    'implementations/protocol',
    'implementations/send-mode.ts',
    'implementations/sock',
    'implementations/threads/monotonic-clock.ts',
    'scenarios/dispatch',
  ],
  'scenarios/dispatch': [
    'implementations/backend.ts',
    'implementations/node',
    'implementations/protocol',
    'implementations/registry.ts',
    'implementations/sock',
    'implementations/threads',
  ],
  'harness/behaviour': ['implementations/protocol', 'scenarios'],
  'harness/conformance': [
    'harness',
    'implementations/node',
    'implementations/registry.ts',
    'implementations/sock',
    'implementations/subject.ts',
  ],
  'harness/simulation': [
    'harness/behaviour',
    'implementations/backend.ts',
    'implementations/node',
    'implementations/registry.ts',
    'implementations/send-mode.ts',
    'implementations/sock',
    'implementations/threads',
    'implementations/virtual-sockman',
    'scenarios',
  ],
  harness: [
    'harness/conformance',
    'harness/simulation',
    'implementations/backend.ts',
    'implementations/node/http/chain-store.ts',
    'implementations/node/service-options.ts',
    'implementations/node/thread-context.ts',
    'implementations/node/verify-level.ts',
    'implementations/protocol/p2p/message-type.ts',
    'implementations/protocol/sha256d.ts',
    'implementations/registry.ts',
    'implementations/send-mode.ts',
    'implementations/sock',
    'implementations/subject.ts',
    'implementations/threads/message-points.ts',
    'implementations/trace',
    'scenarios',
  ],
  scripts: ['harness', 'implementations/registry.ts'],
}

/** Packages that only some files may import. */
const importersOf: Readonly<Record<string, readonly string[]>> = {
  koffi: ['implementations/sock/libc.ts'],
  zx: ['scripts'],
}

/**
 * What breaks the rule in one source file, a line each.
 * @param path of the file, from the repository's root, with forward slashes
 */
export function violationsIn(path: string, source: string): string[] {
  return specifiersIn(source).flatMap(specifier =>
    specifier.startsWith('.')
      ? moduleViolation(path, new URL(specifier, `file:///${path}`).pathname.slice(1))
      : packageViolation(path, specifier),
  )
}

function moduleViolation(path: string, imported: string): string[] {
  const unit = unitOf(path)
  if (unitOf(imported) === unit) return []
  if (allowedFor(unit).some(allowed => isIn(imported, allowed))) return []
  return [`${path}: ${unit} may not import ${imported}`]
}

function packageViolation(path: string, specifier: string): string[] {
  const importers = importersOf[specifier.split('/')[0]]
  if (importers === undefined || importers.some(importer => isIn(path, importer))) return []
  return [`${path}: only ${importers.join(', ')} may import ${specifier}`]
}

function unitOf(path: string): string {
  const innerUnit = innerUnits.find(unit => isIn(path, unit))
  if (innerUnit !== undefined) return innerUnit
  const segments = path.split('/')
  return segments.slice(0, segments[0] === 'implementations' ? 2 : 1).join('/')
}

/** Whatever is in `implementations/` and not listed is a backend, or starts one. */
function allowedFor(unit: string): readonly string[] {
  const listed = mayImport[unit]
  if (listed !== undefined) return listed
  if (!unit.startsWith('implementations/')) return []
  return unit.endsWith('.ts') ? forSubjects : forBackends
}

function isIn(path: string, folderOrFile: string): boolean {
  return path === folderOrFile || path.startsWith(`${folderOrFile}/`)
}

/** Static and dynamic imports and re-exports, as Biome formats them. */
function specifiersIn(source: string): string[] {
  const patterns = [/\bfrom '([^']+)'/g, /^import '([^']+)'/gm, /\bimport\('([^']+)'\)/g]
  return patterns.flatMap(pattern =>
    [...source.matchAll(pattern)].map(([, specifier]) => specifier),
  )
}

import { createRequire } from 'node:module'
import type { Builder } from 'junit-report-builder'
import { type Finding, findingsOf } from '../findings.ts'
import type { GateResult } from '../gate-result.ts'

/** Its types say that an import gives what a require gives, and that is not so. */
const builder = createRequire(import.meta.url)('junit-report-builder') as Builder

const suites: Record<Finding['kind'], string> = {
  comparison: 'sockbench gate: comparisons',
  wait: 'sockbench gate: 50 ms waits',
  counter: 'sockbench gate: counters',
}

/** JUnit XML: red is a failure, neutral is skipped. */
export function junitGate(result: GateResult): string {
  const report = builder.newBuilder()
  const findings = findingsOf(result)
  for (const kind of ['comparison', 'wait', 'counter'] as const) {
    const ofKind = findings.filter(one => one.kind === kind)
    if (ofKind.length === 0) continue
    const suite = report.testSuite().name(suites[kind]).timestamp(result.sources[0].startedAt)
    for (const { subject, what, colour, sentence, repeat } of ofKind) {
      const test = suite.testCase().className(subject).name(what)
      test.standardOutput(repeat === '' ? sentence : `${sentence}\nagain: ${repeat}`)
      if (colour === 'red') test.failure(sentence, 'regression')
      if (colour === 'neutral') test.skipped()
    }
  }
  return report.build()
}

import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Option } from '@commander-js/extra-typings'
import { RunError, UsageError } from '../errors.ts'
import { print } from '../print.ts'
import { replaceFile } from '../replace-file.ts'
import { markdownReport } from '../report/markdown.ts'
import type { ReportModel } from '../report/model.ts'
import { terminalStyle, terminalText } from '../report/terminal.ts'
import { writeOutput } from '../write-output.ts'

/** Of whatever reports. */
export const reportOptions = {
  md: new Option('--md <file>', 'write Markdown, as for a comment on a pull request; - is stdout'),
  html: new Option('--html <file>', 'write a page in one file, with pictures; - is stdout'),
}

export interface Delivery {
  /** The data on stdout, and nothing else. */
  json: boolean
  /** No report on stdout. */
  quiet: boolean
  color: boolean
  /** Files by format; `-` is stdout, which then gets nothing else. */
  md?: string | undefined
  html?: string | undefined
}

/** What is delivered, in whatever format. */
export interface Reported {
  model: ReportModel
  /** For --json. */
  data: unknown
  page: () => Promise<string>
}

/** What goes to a file of its own. */
const formats = ['md', 'html'] as const satisfies readonly (keyof Delivery)[]

type Format = (typeof formats)[number]

const writers: Record<Format, (reported: Reported) => string | Promise<string>> = {
  md: ({ model }) => markdownReport(model),
  html: ({ page }) => page(),
}

/**
 * Before anything is measured.
 * @throws UsageError for what could never be delivered
 */
export function assertDeliverable(delivery: Delivery): void {
  const onStdout = [
    ...formats.filter(format => delivery[format] === STDOUT),
    ...(delivery.json ? ['json'] : []),
  ]
  if (onStdout.length > 1) {
    const flags = onStdout.map(name => `--${name}`).join(' and ')
    throw new UsageError(`${flags} cannot share stdout: name a file for one of them`)
  }
  const paths = formats.flatMap(format => delivery[format] ?? []).map(path => resolve(path))
  const twice = paths.find((path, i) => paths.indexOf(path) < i)
  if (twice !== undefined) throw new UsageError(`two formats cannot share the file ${twice}`)
  for (const format of formats) {
    const path = delivery[format]
    if (path === undefined || path === STDOUT) continue
    if (existsSync(path) && statSync(path).isDirectory()) {
      throw new UsageError(`--${format} ${path}: it is a directory; name a file`)
    }
    if (path === '') throw new UsageError(`--${format} names no file`)
    const directory = dirname(path)
    if (existsSync(directory)) continue
    throw new UsageError(
      `--${format} ${path}: there is no directory ${directory}; make it, or name another place`,
    )
  }
}

const STDOUT = '-'

/**
 * Files first, each whole or not at all; then what stdout is for, whatever became of the files.
 * @throws RunError for a file that could not be written, after the printing
 */
export async function deliver(reported: Reported, delivery: Delivery): Promise<void> {
  const problems: string[] = []
  for (const format of formats) {
    const path = delivery[format]
    if (path === undefined || path === STDOUT) continue
    problems.push(...(await writeAs(format, path, reported)))
  }
  print(await stdoutText(reported, delivery))
  if (problems.length > 0) throw new RunError(problems.join('; '))
}

async function writeAs(format: Format, path: string, reported: Reported): Promise<string[]> {
  let content: string
  try {
    content = await writers[format](reported)
  } catch (error) {
    return [`cannot make ${path}: ${String(error)}; that is a bug in sockbench`]
  }
  return writeOutput(path, to => replaceFile(to, content))
}

async function stdoutText(reported: Reported, delivery: Delivery): Promise<string> {
  const format = formats.find(one => delivery[one] === STDOUT)
  if (format !== undefined) return writers[format](reported)
  if (delivery.json) return `${JSON.stringify(reported.data)}\n`
  if (delivery.quiet) return ''
  const style = terminalStyle(process.stdout, process.env)
  return terminalText(reported.model, { ...style, colour: style.colour && delivery.color })
}

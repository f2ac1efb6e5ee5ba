import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { z } from 'zod'
import { RunError, UsageError } from '../errors.ts'
import { recordSchema, type SockbenchRecord } from '../record.ts'
import { loadRecord } from '../record-store.ts'
import { replaceFile } from '../replace-file.ts'
import type { CalibrationSettings, Kind } from './settings.ts'
import {
  type AaRun,
  aaRunSchema,
  type Calibration,
  type ControlsPass,
  calibrationSchema,
  calibrationVersion,
  controlsSchema,
  type Experiment,
  experimentSchema,
  type Machine,
} from './stored.ts'

const fileName = 'calibration.json'
const longAaFile = 'long-aa.json.gz'
const recordsDirectory = 'records'

/** Where a calibration is kept, whole after each run: a file for each, and their records in `records`. */
export class CalibrationStore {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /**
   * What is there already, to be gone on with; a beginning where there is nothing.
   * @throws UsageError where it was begun on another machine, or with other settings
   */
  begin(settings: CalibrationSettings, machine: Machine): Calibration {
    if (!existsSync(join(this.directory, fileName))) {
      this.#save(fileName, { version: calibrationVersion, machine, settings })
    }
    const calibration = this.load()
    this.#assertSame('on another machine', calibration.machine, machine)
    this.#assertSame('with other settings', calibration.settings, settings)
    return calibration
  }

  /** @throws RunError for what is missing or damaged */
  load(): Calibration {
    const { machine, settings } = this.#read(fileName, calibrationSchema)
    return {
      machine,
      settings,
      aa: this.#readAll('aa', aaRunSchema),
      experiment: this.#readAll('experiment', experimentSchema),
      controls: this.#readAll('controls', controlsSchema),
      discarded: this.#recordNames().filter(name => discardedPattern.test(name)).length,
    }
  }

  /** The seed it was begun with; undefined before that. */
  get seed(): number | undefined {
    if (!existsSync(join(this.directory, fileName))) return undefined
    return this.#read(fileName, calibrationSchema).settings.seed
  }

  /** @returns where it is, below the directory */
  saveRecord(name: string, record: SockbenchRecord): string {
    const file = join(recordsDirectory, `${name}.json.gz`)
    this.#writeRecord(file, record)
    return file
  }

  /** Of a run that has to be measured again; it is counted, whatever becomes of that. */
  saveDiscarded(name: string, record: SockbenchRecord): void {
    const names = this.#recordNames()
    let n = 1
    while (names.includes(`${name}-discarded-${n}.json.gz`)) n++
    this.saveRecord(`${name}-discarded-${n}`, record)
  }

  /** @param file as `saveRecord` returned it */
  readRecord(file: string): SockbenchRecord {
    const path = join(this.directory, file)
    if (existsSync(path)) return loadRecord(path)
    throw new RunError(
      `${path} is missing: restore it, or remove the file of that run, too, to measure it again`,
    )
  }

  saveLongAa(record: SockbenchRecord): void {
    this.#writeRecord(longAaFile, record)
  }

  /** Null where there is none. */
  readLongAa(): SockbenchRecord | null {
    const path = join(this.directory, longAaFile)
    return existsSync(path) ? loadRecord(path) : null
  }

  saveAaRun(run: AaRun): void {
    this.#save(fileOf('aa', run.index), aaRunSchema.parse(run))
  }

  saveExperiment(experiment: Experiment): void {
    this.#save(fileOf('experiment', experiment.index), experimentSchema.parse(experiment))
  }

  saveControlsPass(pass: ControlsPass): void {
    this.#save(fileOf('controls', pass.index), controlsSchema.parse(pass))
  }

  #assertSame(how: string, before: object, now: object): void {
    const differing = Object.entries(now).filter(
      ([key, value]) => !isDeepStrictEqual(value, before[key as keyof typeof before]),
    )
    if (differing.length === 0) return
    const [[key, value]] = differing
    const was = JSON.stringify(before[key as keyof typeof before])
    throw new UsageError(
      `the calibration in ${this.directory} was begun ${how} (${key} was ${was}, and is ` +
        `${JSON.stringify(value)}); begin another with --out`,
    )
  }

  #recordNames(): string[] {
    const path = join(this.directory, recordsDirectory)
    return existsSync(path) ? readdirSync(path) : []
  }

  #readAll<T>(kind: Kind, schema: z.ZodType<T>): T[] {
    const names = readdirSync(this.directory).filter(name => patternOf(kind).test(name))
    return names.sort().map(name => this.#read(name, schema))
  }

  #read<T>(name: string, schema: z.ZodType<T>): T {
    const path = join(this.directory, name)
    let content: unknown
    try {
      content = JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      if (error instanceof SyntaxError) {
        throw new RunError(`${path} is not whole JSON: ${remedyFor(name)}`)
      }
      throw new RunError(
        `cannot read ${path}: ${causeOf(error)}; name the directory of a calibration with --out`,
      )
    }
    const parsed = schema.safeParse(content)
    if (parsed.success) return parsed.data
    const [{ path: at, message }] = parsed.error.issues
    throw new RunError(
      `${path} is not as this sockbench writes it at ${at.join('.') || 'its root'} (${message}): ` +
        remedyFor(name),
    )
  }

  #save(name: string, content: object): void {
    this.#write(name, `${JSON.stringify(content, null, 2)}\n`)
  }

  #writeRecord(name: string, record: SockbenchRecord): void {
    this.#write(name, gzipSync(JSON.stringify(recordSchema.parse(record)), { level: 9 }))
  }

  #write(name: string, content: string | Uint8Array): void {
    const path = join(this.directory, name)
    try {
      mkdirSync(dirname(path), { recursive: true })
      replaceFile(path, content)
    } catch (error) {
      throw new RunError(
        `cannot write ${path}: ${causeOf(error)}; free space there, or choose another place with --out`,
      )
    }
  }
}

/** Such as `aa-001`. */
export function nameOf(kind: Kind, index: number): string {
  return `${kind}-${String(index).padStart(3, '0')}`
}

function fileOf(kind: Kind, index: number): string {
  return `${nameOf(kind, index)}.json`
}

function patternOf(kind: Kind): RegExp {
  return new RegExp(`^${kind}-\\d{3,}\\.json$`)
}

/** Such as `aa-001-discarded-1.json.gz`. */
const discardedPattern = /-discarded-\d+\.json\.gz$/

function remedyFor(name: string): string {
  return name === fileName
    ? 'restore it, or begin another calibration with --out'
    : 'remove it, and that run is measured again'
}

/** Node's "EACCES: permission denied, open '…'" without the call and the path. */
function causeOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/, '') : String(error)
}

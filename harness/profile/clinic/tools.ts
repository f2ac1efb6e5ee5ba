/** clinic's tools: what each writes, and what it can see of a subject. */
export interface ClinicTool {
  readonly name: ClinicToolName
  /** Its command. */
  readonly command: 'flame' | 'doctor' | 'bubbleprof'
  /** What its data directory must have besides clinic's own list of the system, by the end of the name. */
  readonly dataFiles: readonly string[]
  /** For people, after 'It cannot see:'. */
  readonly blindness: string
}

export const clinicToolNames = ['clinic-flame', 'clinic-doctor', 'clinic-bubbleprof'] as const
export type ClinicToolName = (typeof clinicToolNames)[number]

export const clinicTools: Readonly<Record<ClinicToolName, ClinicTool>> = {
  'clinic-flame': {
    name: 'clinic-flame',
    command: 'flame',
    dataFiles: ['samples', 'inlinedfunctions'],
    blindness:
      'more than one thread (by itself it shows any one, often the idle main thread; --thread chooses), and the kernel',
  },
  'clinic-doctor': {
    name: 'clinic-doctor',
    command: 'doctor',
    dataFiles: ['processstat', 'traceevent'],
    blindness:
      'worker threads, where all of a subject’s loops are: it judges the event loop of the main thread, which is idle, so its diagnosis is about nothing that sockbench measures',
  },
  'clinic-bubbleprof': {
    name: 'clinic-bubbleprof',
    command: 'bubbleprof',
    dataFiles: ['stacktrace', 'traceevent'],
    blindness:
      'worker threads, where all of a subject’s loops are; and these wait in poll(2), which is no asynchronous operation of Node’s',
  },
}

/** The threads of a subject that clinic-flame can show, one at a time. */
export const clinicThreads = ['socket', 'handler', 'main'] as const
export type ClinicThread = (typeof clinicThreads)[number]

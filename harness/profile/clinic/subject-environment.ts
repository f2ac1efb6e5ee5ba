/** The environment variables by which a subject under clinic is told what its command line cannot. */

/** The path of the Unix socket over which it speaks the subject protocol. */
export const socketVariable = 'SOCKBENCH_CLINIC_SOCKET'

/** The thread that clinic-flame is to show. */
export const threadVariable = 'SOCKBENCH_CLINIC_THREAD'

/**
 * For children: go when the parent goes, however it went (a parent that got SIGKILL cannot clean
 * up). Takes the whole process group along, which is the child's own: see child-process.ts.
 *
 * Needs a main thread that returns to its event loop; blocking loops belong in worker threads.
 * Does nothing in a process that was not started with an IPC channel.
 */
export function exitWithParent(): void {
  if (process.connected === false) exitWithGroup()
  process.on('disconnect', exitWithGroup)
}

function exitWithGroup(): void {
  try {
    // SIGKILL, since exit() would first wait for worker threads, and they may be inside a system call
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.exit(1) // no group of its own: started by something other than startChild
  }
}

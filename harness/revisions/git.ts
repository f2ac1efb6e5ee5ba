import { execFileSync } from 'node:child_process'

/** In a git hook these name another repository, or another index. */
const inherited = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR', 'GIT_PREFIX']

export type GitResult = { state: 'done'; stdout: string } | { state: 'failed'; reason: string }

/** What git prints, trimmed, or the last line of why it could not. */
export function git(directory: string, ...args: readonly string[]): GitResult {
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' }
  for (const name of inherited) Reflect.deleteProperty(env, name)
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'pipe']
  try {
    const stdout = execFileSync('git', args, { cwd: directory, env, stdio, encoding: 'utf8' })
    return { state: 'done', stdout: stdout.trim() }
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    const words = (stderr ?? '').trim() || message
    return { state: 'failed', reason: words.slice(words.lastIndexOf('\n') + 1) }
  }
}

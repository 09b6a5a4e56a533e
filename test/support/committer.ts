import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * Starts a process that commits without pause to scope `killed`, each time all of its 20,000 entries with the number
 * of the commit, and kills it with SIGKILL in the middle of the work, after `commits` acknowledged ones.
 * @param target `embedded FILE` or `redis URL PREFIX`
 */
export async function startCommitter(
  target: readonly string[],
  commits: number,
): Promise<{ acknowledged: number }> {
  const script = fileURLToPath(new URL('./committer-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, ...target], { stdio: ['ignore', 'pipe', 'inherit'] })
  let acknowledged = 0
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    lines += 1
    // The process is at work on the next commit by the time this line arrives.
    if (lines === commits) child.kill('SIGKILL')
  }
  return { acknowledged }
}

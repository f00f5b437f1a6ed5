/** The committing child, as a test drives it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('./committing-child.ts', import.meta.url))

export interface Child {
  /** Reads lines until `enough` says so, kills the child with SIGKILL, and gives all that it told, also after that line. */
  killWhen(enough: (lines: readonly string[]) => boolean): Promise<readonly string[]>
  /** Resolves with the next line. */
  line(): Promise<string>
  kill(): Promise<void>
}

export function startChild(file: string, mode = 'commit'): Child {
  const child = spawn(process.execPath, ['--conditions=joinery-source', SCRIPT, file, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async killWhen(enough) {
      const told: string[] = []
      for (let next = await lines.next(); !next.done; next = await lines.next()) {
        told.push(next.value)
        if (enough(told)) child.kill('SIGKILL')
      }
      await gone(child)
      return told
    },
    async line() {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the child ended')
      return value
    },
    async kill() {
      child.kill('SIGKILL')
      await gone(child)
    },
  }
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise(resolve => child.once('exit', resolve))
}

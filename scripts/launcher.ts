// Notices that the npx that started us is gone. npx that is told to stop dies without telling the pnpm below it,
// and what pnpm runs would stay behind with its port open. Looked up in /proc: elsewhere nothing is watched.
import { existsSync, readFileSync } from 'node:fs'

/** Calls `stop` once when the npm or pnpm that this script was started by, at whatever height, has ended. */
export function whenLauncherEnds(stop: () => void): void {
  const launcher = outermostLauncher()
  if (launcher === undefined) return
  const timer = setInterval(() => {
    if (existsSync(`/proc/${launcher}`)) return
    clearInterval(timer)
    stop()
  }, 500)
  timer.unref()
}

/** Above this script stand `sh`, `pnpm`, and under npx a second `sh` and `npm exec …`; above those, whoever typed it. */
function outermostLauncher(): number | undefined {
  let launcher: number | undefined
  let pid = process.ppid
  for (let process = processOf(pid); process; process = processOf(pid)) {
    const isLauncher = /^p?npm\b/.test(process.name)
    if (!isLauncher && process.name !== 'sh') break
    if (isLauncher) launcher = pid
    pid = process.parent
  }
  return launcher
}

function processOf(pid: number): { name: string; parent: number } | undefined {
  try {
    // `pid (name) state parent …`, and the name may hold spaces and brackets.
    const [, name = '', parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return { name, parent: Number(parent) }
  } catch {
    return undefined
  }
}

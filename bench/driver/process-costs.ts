// What a process and its children cost, as the operating system counts it: /proc on Linux, `ps` elsewhere.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export interface Costs {
  /** CPU seconds so far, user and system. */
  readonly cpu: number
  /** Resident bytes. */
  readonly rss: number
}

const TICKS_A_SECOND = 100
const KiB = 1_024
const HAS_PROC = existsSync('/proc/self/stat')

interface Row extends Costs {
  readonly pid: number
  readonly parent: number
}

/** The processes and all below them. Where only ticks are told they are 10 ms, so measure over a good part of a second there. */
export function costsOf(...pids: readonly number[]): Costs {
  const rows = HAS_PROC ? proc() : ps()
  const family = new Set(pids)
  // Parents come before their children but for reused ids: a few rounds find them all.
  for (let before = 0; before !== family.size;) {
    before = family.size
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid)
  }
  const members = rows.filter(row => family.has(row.pid))
  if (!pids.every(pid => members.some(member => member.pid === pid))) throw new Error('the server is gone')
  // A thread that ended is in the ticks only, so whichever is more is nearer.
  const cpu = sum(members.map(row => Math.max(row.cpu, nanosecondsOf(row.pid) / 1e9)))
  return { cpu, rss: sum(members.map(row => row.rss)) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function proc(): Row[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        return [procRow(readFileSync(`/proc/${name}/stat`, 'utf8'))]
      } catch {
        // It ended meanwhile.
        return []
      }
    })
}

/** What the threads that a process has now were on a CPU, 0 where nobody counts that. */
function nanosecondsOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return sum(
      threads.map(thread => Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'), 10)),
    )
  } catch {
    return 0
  }
}

const PAGE = 4_096

/** One line of /proc/PID/stat. The name in brackets may hold anything, so what counts is behind the last one. */
export function procRow(stat: string): Row {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  // Counted from `state`, which is the third field: user, system, and the same of children that ended.
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15)
  return {
    pid: Number.parseInt(stat, 10),
    parent: fields[1] ?? 0,
    cpu: (user + system + endedUser + endedSystem) / TICKS_A_SECOND,
    rss: (fields[21] ?? 0) * PAGE,
  }
}

function ps(): Row[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,time=,rss='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map(psRow)
}

/** One line of ps: the time is [[days-]hours:]minutes:seconds, with a fraction on some systems. */
export function psRow(line: string): Row {
  const [pid, parent, time = '', rss] = line.trim().split(/\s+/)
  const [clock = '', days = '0'] = time.split('-').toReversed()
  const seconds = clock.split(':').reduce((total, part) => total * 60 + Number(part), 0)
  return { pid: Number(pid), parent: Number(parent), cpu: Number(days) * 86_400 + seconds, rss: Number(rss) * KiB }
}

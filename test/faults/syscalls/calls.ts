/**
 * What a traced process wrote and synced, in the order in which it did, from the lines of `strace -f -y`. Laws: a write counts from when it
 * was asked for and a sync from when it was done, each in the way that is worse for whoever is traced; what the system took is what was
 * written, and no more.
 */
export type Call =
  | { readonly type: 'wrote'; readonly at: number; readonly file: string; readonly bytes: Uint8Array }
  | { readonly type: 'synced'; readonly at: number; readonly file: string }

/** Programs call it; `-e trace=` wants these. */
export const TRACED = ['fdatasync', 'fsync', 'pwrite64', 'pwritev', 'write', 'writev', 'sendto', 'sendmsg']

const BEGUN = /^(\d+) +(\w+)\(\d+<(.*?)>(.*)$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>.*= (-?\d+)/
const RESULT = /= (-?\d+)(?: [A-Z].*)?$/
const STRING = /"((?:[^"\\]|\\.)*)"/g
const UNFINISHED = '<unfinished ...>'

/** Lines are numbered from 1: `at` is the number of a line. */
export function callsOf(lines: Iterable<string>): Call[] {
  const calls: Call[] = []
  /** What a thread is in the middle of. */
  const begun = new Map<string, { name: string; file: string; rest: string; at: number }>()
  const done = (name: string, file: string, rest: string, from: number, to: number, result: number): void => {
    if (result < 0) return
    if (name.endsWith('sync')) calls.push({ type: 'synced', at: to, file })
    else calls.push({ type: 'wrote', at: from, file, bytes: Buffer.concat(stringsOf(rest)).subarray(0, result) })
  }
  let at = 0
  for (const line of lines) {
    at += 1
    const resumed = RESUMED.exec(line)
    if (resumed !== null) {
      const [, thread = '', , result] = resumed
      const call = begun.get(thread)
      begun.delete(thread)
      if (call !== undefined) done(call.name, call.file, call.rest, call.at, at, Number(result))
      continue
    }
    const found = BEGUN.exec(line)
    if (found === null) continue
    const [, thread = '', name = '', file = '', rest = ''] = found
    if (rest.endsWith(UNFINISHED)) begun.set(thread, { name, file, rest, at })
    else done(name, file, rest, at, at, Number(RESULT.exec(rest)?.[1] ?? -1))
  }
  return calls.sort((a, b) => a.at - b.at)
}

function stringsOf(text: string): Uint8Array[] {
  return Array.from(text.matchAll(STRING), ([, escaped = '']) => unescaped(escaped))
}

const ESCAPES: Readonly<Record<string, number>> = { 'n': 10, 't': 9, 'r': 13, 'v': 11, 'f': 12, '"': 34, '\\': 92 }

/** As in C: `\n`, `\\`, and up to three octal digits. */
function unescaped(escaped: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < escaped.length; i++) {
    const character = escaped[i] ?? ''
    if (character !== '\\') {
      bytes.push(character.charCodeAt(0))
      continue
    }
    const octal = /^[0-7]{1,3}/.exec(escaped.slice(i + 1, i + 4))?.[0]
    bytes.push(octal === undefined ? (ESCAPES[escaped[i + 1] ?? ''] ?? 0) : Number.parseInt(octal, 8))
    i += octal?.length ?? 1
  }
  return Uint8Array.from(bytes)
}

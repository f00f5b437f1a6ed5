// A long document on a new device: from asking for it to having it, against Yjs applying the same bytes. A new device has just started, so
// each opening has a process of its own, and so has Yjs, in turn.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { relayProcess } from '../test/relay-process.ts'
import { readB4, type B4 } from './b4.ts'
import { type Bench, type Figure, median } from './figure.ts'
import { rawPush } from './raw-push.ts'

const RUNS = 11
const ID = 'b4'
/** Longer than the relay waits for a document to be quiet, and than folding this one takes. */
const FOLD_MS = 15_000

const run = promisify(execFile)

export const b4Open: Bench = {
  what: 'the B4 trace (259,778 edits, 104,852 characters) opened on a new device, and applied by Yjs itself, in turn',
  async run() {
    const b4 = readB4('body')
    const folder = mkdtempSync(join(tmpdir(), 'joinery-bench-'))
    const file = join(folder, 'b4.update')
    writeFileSync(file, b4.whole)
    try {
      return [
        ...(await openings('written as one update', b4, [b4.whole], 0, file)),
        ...(await openings(`written as ${b4.updates.length} updates`, b4, b4.updates, FOLD_MS, file)),
      ]
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

async function openings(
  name: string,
  b4: B4,
  updates: readonly Uint8Array[],
  settle: number,
  file: string,
): Promise<Figure[]> {
  const relay = await relayProcess()
  try {
    const began = performance.now()
    await rawPush(relay.url, { id: ID, kind: 'paper' }, updates)
    const pushed = performance.now() - began
    await pause(settle)
    const ours: number[] = []
    const yjs: number[] = []
    for (let at = 0; at < RUNS; at++) {
      yjs.push(await opening(b4, 'yjs', file))
      ours.push(await opening(b4, 'ours', relay.url))
    }
    const [own, theirs] = [median(ours), median(yjs)]
    return [
      { name: `${name}: acked`, value: pushed, unit: 'ms' },
      { name: `opened, median of ${RUNS}`, value: own, unit: 'ms' },
      { name: 'Yjs applies it, median', value: theirs, unit: 'ms' },
      { name: 'ratio', value: own / theirs, unit: '×', limit: 1.3 },
    ]
  } finally {
    await relay.remove()
  }
}

async function opening(b4: B4, who: 'ours' | 'yjs', where: string): Promise<number> {
  const script = join(import.meta.dirname, 'opening.ts')
  const { stdout } = await run(process.execPath, ['--conditions=joinery-source', script, who, where])
  const { took, length } = JSON.parse(stdout) as { took: number; length: number }
  if (length !== b4.endContent.length) throw new Error('opened as something else')
  return took
}

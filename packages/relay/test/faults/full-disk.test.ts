// A relay whose data is on a disk of its own, which is really full.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { containedRelay } from '../contained.ts'
import { dial } from '../dial.ts'
import { readyAnswers } from '../ready.ts'
import { type as typing, update, writer } from '../rig.ts'

const DISK_BYTES = 33_554_432
const CHUNK = new Uint8Array(65_536).fill(1)

test('[DU-05] on a disk that is really full it is alive, not ready and says why, and is ready by itself when there is room', async () => {
  const { port, data: disk } = await containedRelay([`mount -t tmpfs -o size=${DISK_BYTES} none "$DATA"`])
  const ann = await dial(port, 'ann', 'phone')
  const writing = writer(1)
  ann.push('garden', update(1, 'd', writing.edit(typing('a'))))
  expect(await ann.answer(1)).toBe(1)
  await readyAnswers(port, 200)

  const filler = join(disk, 'filler')
  fill(filler)
  expect(await readyAnswers(port, 503)).toBe('full')
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  // Sent again and again by whoever has it: what does not fit is refused for now.
  ann.push('garden', update(2, 'other', writer(2).edit(typing('b'.repeat(900_000)))))
  expect(await ann.answer(2)).toBe('QUOTA')
  ann.say({ type: 'fetch', space: 'garden', document: 'd', before: 0 })
  expect((await ann.next('bodies')).entries).toHaveLength(1)

  rmSync(filler)
  await readyAnswers(port, 200)
  ann.push('garden', update(3, 'd', writing.edit(typing('c'))))
  expect(await ann.answer(3)).toBe(2)
})

/** Until nothing more fits. */
function fill(file: string): void {
  const open = openSync(file, 'w')
  try {
    for (let size = CHUNK.length; size >= 1;) {
      try {
        writeSync(open, CHUNK.subarray(0, size))
      } catch {
        size = Math.floor(size / 2)
      }
    }
  } finally {
    closeSync(open)
  }
}

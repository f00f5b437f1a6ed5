// A device with a library comes back: how many bytes go over the wire and how long it takes until it has heard of every document, when two
// of them changed while it was away.
import { setTimeout as pause } from 'node:timers/promises'
import type { Dialect } from './dialect.ts'
import { lastNumber } from './numbered.ts'
import { wireBytes } from './socket.ts'

export interface ComeBackJob {
  readonly url: string
  readonly documents: number
  readonly changed: number
  readonly edits: number
  readonly settleMs: number
}

export async function comeBack(
  dialect: Dialect,
  { url, documents, changed, edits, settleMs }: ComeBackJob,
): Promise<{ readonly bytes: number; readonly ms: number }> {
  const before = dialect.edits(edits)
  const edit = dialect.merged(before)
  const version = dialect.version(before)
  const names = Array.from({ length: documents }, (_, at) => `back-${at}`)
  await dialect.write(
    url,
    names.map(document => ({ document, edit })),
  )
  await dialect.leave?.(url)
  await pause(settleMs)
  const news = dialect.news(before, edits + 1)
  await dialect.write(
    url,
    names.slice(0, changed).map(document => ({ document, edit: news })),
  )
  await pause(settleMs)

  const bytes = wireBytes()
  const began = performance.now()
  let heardOf = 0
  let done = (): void => undefined
  const told = new Promise<void>(resolve => (done = resolve))
  const seat = await dialect.comeBack(
    url,
    names.map(document => ({ document, version })),
    frame => {
      // One frame may bring the news of several documents.
      heardOf += numbersIn(frame, edits + 1)
      if (heardOf >= changed) done()
    },
  )
  await told
  const ms = performance.now() - began
  await pause(settleMs)
  const result = { bytes: wireBytes() - bytes, ms }
  seat.close()
  return result
}

function numbersIn(frame: Buffer, n: number): number {
  let count = 0
  for (let rest = frame; rest.length > 0;) {
    const at = rest.lastIndexOf('~~')
    if (at < 0) break
    if (lastNumber(rest.subarray(0, at + 10)) === n) count += 1
    rest = rest.subarray(0, at)
  }
  return count
}

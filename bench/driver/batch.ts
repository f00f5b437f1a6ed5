// What a device wrote while it was offline arrives at once: how long until another client has all of it, and what it costs the server.
import { setTimeout as pause } from 'node:timers/promises'
import type { Dialect } from './dialect.ts'
import { lastNumber } from './numbered.ts'
import { costsOf } from './process-costs.ts'

export interface BatchJob {
  readonly url: string
  readonly pid: number
  readonly document: string
  readonly edits: number
  readonly merged: boolean
  readonly settleMs: number
}

const PATIENCE_MS = 120_000

export async function batch(dialect: Dialect, job: BatchJob): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const { url, document } = job
  const edits = dialect.edits(job.edits)
  const frames = dialect.frames(document, job.merged ? [dialect.merged(edits)] : edits)
  let shown = 0
  let acked = 0
  let sent = 0
  const outbox = { send: (): void => undefined }
  const author = await dialect.join({
    url,
    document,
    name: 'author',
    heard: () => undefined,
    acked(count) {
      acked += count
      outbox.send()
    },
  })
  const reader = await dialect.join({
    url,
    document,
    name: 'reader',
    heard: frame => void (shown = Math.max(shown, lastNumber(frame))),
  })
  outbox.send = () => {
    for (; sent < frames.length && sent - acked < dialect.window; sent++) author.send(frames[sent] ?? new Uint8Array())
  }
  await pause(job.settleMs)
  const before = costsOf(job.pid)
  const began = performance.now()
  outbox.send()
  while (shown < edits.length) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`stalled: ${shown} of ${edits.length} were shown`)
    await pause(1)
  }
  const ms = performance.now() - began
  await pause(job.settleMs)
  const after = costsOf(job.pid)
  author.close()
  reader.close()
  return { ms, cpuMs: (after.cpu - before.cpu) * 1_000 }
}

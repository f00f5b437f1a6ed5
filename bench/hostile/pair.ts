// Two people who write one note at the door all the while: what they wrote is there, theirs alone, and how long each had to wait for the other.
// In a thread of their own, so that what is slow is the relay and not who attacks it.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'
import { atDoor, type Line } from './socket.ts'
import { step1Frame, updateFrame } from '../../packages/core/test/gate/grammar/door.ts'

const PAUSE_MS = 20

export interface Pair {
  /** Stops writing; resolves when each has all of the other's. */
  finish(): Promise<PairReport>
}

export interface PairReport {
  readonly edits: number
  /** From one's edit until the other has it, in ms. */
  readonly latencies: readonly number[]
  /** What is wrong with what they have now, if anything. */
  readonly wrong: string | undefined
}

interface Writer {
  readonly doc: Y.Doc
  readonly line: Line
  readonly sentAt: number[]
  written: string
}

async function begin(port: number, path: string): Promise<Pair> {
  const latencies: number[] = []
  const writers: Writer[] = []
  for (const name of ['ann', 'bob']) writers.push(await writer(port, path, name))
  const [ann, bob] = writers as [Writer, Writer]
  const clockOf = (doc: Y.Doc, of: Writer): number => Y.getState(doc.store, of.doc.clientID)
  for (const [from, to] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    // prettier-ignore
    let had = 0
    to.doc.on('update', () => {
      const has = clockOf(to.doc, from)
      for (; had < has; had++) latencies.push(performance.now() - (from.sentAt[had] ?? 0))
    })
  }
  let turn = 0
  const timer = setInterval(() => {
    const one = writers[turn++ % 2] as Writer
    const letter = String.fromCharCode(97 + (turn % 26))
    one.sentAt.push(performance.now())
    one.written += letter
    // Each in a text of his own, so that what is there can be told beforehand.
    const text = one.doc.getText(one === ann ? 'ann' : 'bob')
    text.insert(text.length, letter)
  }, PAUSE_MS)
  return {
    async finish() {
      clearInterval(timer)
      for (const [from, to] of [
        [ann, bob],
        [bob, ann],
      ] as const)
        // prettier-ignore
        await to.line.until(() => clockOf(to.doc, from) >= from.written.length)
      const ended = writers.map(({ line }) => line.closed()).find(closed => closed !== undefined)
      const differs = writers.some(
        ({ doc }) => doc.getText('ann').toJSON() !== ann.written || doc.getText('bob').toJSON() !== bob.written,
      )
      const strangers = writers.some(({ doc }) => Y.decodeStateVector(Y.encodeStateVector(doc)).size > 2)
      const wrong = ended
        ? `a connection was closed with ${ended.code} ${ended.reason}`
        : differs
          ? 'they do not have what they wrote'
          : strangers
            ? 'somebody else wrote into it'
            : undefined
      for (const { line } of writers) line.end()
      return { edits: ann.written.length + bob.written.length, latencies, wrong }
    },
  }
}

async function writer(port: number, path: string, name: string): Promise<Writer> {
  const doc = new Y.Doc()
  let isSynced = false
  const line = await atDoor(port, name, path, frame => {
    const decoder = decoding.createDecoder(frame)
    if (decoding.readVarUint(decoder) !== 0) return
    const step = decoding.readVarUint(decoder)
    const bytes = decoding.readVarUint8Array(decoder)
    if (step === 0) return
    isSynced = true
    Y.applyUpdate(doc, bytes, 'relay')
  })
  line.send(step1Frame(Y.encodeStateVector(doc)))
  await line.until(() => isSynced)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'relay') line.send(updateFrame(update))
  })
  return { doc, line, sentAt: [], written: '' }
}

export async function pair(port: number, path: string): Promise<Pair> {
  const thread = new Worker(new URL(import.meta.url), { workerData: { port, path } satisfies Orders })
  const heard = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
    })
  await heard()
  return {
    async finish() {
      const report = heard<PairReport>()
      thread.postMessage('finish')
      return report.finally(() => thread.terminate())
    },
  }
}

interface Orders {
  readonly port: number
  readonly path: string
}

if (!isMainThread && parentPort !== null) {
  const { port, path } = workerData as Orders
  const two = await begin(port, path)
  parentPort.once('message', () => void two.finish().then(report => parentPort?.postMessage(report)))
  parentPort.postMessage('begun')
}

// A long document on a new device: from asking for it to its text, against Yjs applying the same bytes.
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { setTimeout as pause } from 'node:timers/promises'
import * as Y from 'yjs'
import { relayProcess } from '../test/relay-process.ts'
import { readB4, type B4 } from './b4.ts'
import { type Bench, type Figure, median } from './figure.ts'
import { nodeClient, untilStatus } from './node-client.ts'
import { rawPush } from './raw-push.ts'

const RUNS = 11
const ID = 'b4'
/** Longer than the relay waits for a document to be quiet, and than folding this one takes. */
const FOLD_MS = 15_000

export const b4Open: Bench = {
  what: 'the B4 trace (259,778 edits, 104,852 characters) opened on a new device, and applied by Yjs itself, in turn',
  async run() {
    const b4 = readB4('body')
    return [
      ...(await openings('written as one update', b4, [b4.whole], 0)),
      ...(await openings(`written as ${b4.updates.length} updates`, b4, b4.updates, FOLD_MS)),
    ]
  },
}

async function openings(name: string, b4: B4, updates: readonly Uint8Array[], settle: number): Promise<Figure[]> {
  const relay = await relayProcess()
  await rawPush(relay.url, { id: ID, kind: 'paper' }, updates)
  await pause(settle)
  const ours: number[] = []
  const yjs: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const doc = new Y.Doc()
    const began = performance.now()
    Y.applyUpdate(doc, b4.whole)
    yjs.push(performance.now() - began)
    doc.destroy()
    ours.push(await openOnce(relay.url, b4.endContent))
  }
  await relay.remove()
  const [own, theirs] = [median(ours), median(yjs)]
  return [
    { name: `${name}: opened, median of ${RUNS}`, value: own, unit: 'ms' },
    { name: 'Yjs applies it, median', value: theirs, unit: 'ms' },
    { name: 'ratio', value: own / theirs, unit: '×', limit: 1.3 },
  ]
}

async function openOnce(url: string, endContent: string): Promise<number> {
  const client = await nodeClient({ url, storage: memoryStorage() })
  await untilStatus(client, status => status.connection === 'live')
  const began = performance.now()
  const paper = await client.paper.open(ID)
  const took = performance.now() - began
  const shown = paper.view.body.toString()
  paper[Symbol.dispose]()
  await client.close()
  if (shown !== endContent) throw new Error('opened as something else')
  return took
}

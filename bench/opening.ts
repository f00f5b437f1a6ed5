// One opening of B4 in a process of its own, as on a device that has just started: `ours URL`, or `yjs FILE` for Yjs on the same bytes.
// Prints how long it took, in ms, and how many characters there are then.
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'
import { nodeClient, untilStatus } from './node-client.ts'

const DOCUMENT = 'b4'

interface Opening {
  readonly took: number
  readonly length: number
}

async function ours(url: string): Promise<Opening> {
  const client = await nodeClient({ url, storage: memoryStorage() })
  await untilStatus(client, status => status.connection === 'live')
  const began = performance.now()
  const paper = await client.paper.open(DOCUMENT)
  const took = performance.now() - began
  const { length } = paper.view.body.toString()
  paper.close()
  await client.close()
  return { took, length }
}

function theirs(file: string): Opening {
  const bytes = new Uint8Array(readFileSync(file))
  const doc = new Y.Doc()
  const began = performance.now()
  Y.applyUpdate(doc, bytes)
  const took = performance.now() - began
  return { took, length: doc.getText('body').length }
}

const [who, where = ''] = process.argv.slice(2)
console.log(JSON.stringify(who === 'ours' ? await ours(where) : theirs(where)))

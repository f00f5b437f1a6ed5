import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'
import { yjs } from '@joinery/adapters/engines/yjs'
const trace = JSON.parse(gunzipSync(readFileSync('/work/shared/data/automerge-paper.json.gz')).toString())
let t0 = performance.now()
const d = yjs.open('7')
const text = d.text('body')
const updates: Uint8Array[] = []
d.onUpdate(u => updates.push(u))
let n = 0
for (const txn of trace.txns) for (const [at, del, ins] of txn.patches) { n++; if (del) text.delete(at, del); if (ins) text.insert(at, ins) }
console.log('type through port', n, (performance.now() - t0).toFixed(0), 'ms; equal', text.toString() === trace.endContent, text.length, 'updates', updates.length)
t0 = performance.now()
const y = new Y.Doc(); y.clientID = 7; const yt = y.getText('body'); let c = 0; y.on('update', () => c++)
for (const txn of trace.txns) for (const [at, del, ins] of txn.patches) { if (del) yt.delete(at, del); if (ins) yt.insert(at, ins) }
console.log('type bare with update listener', (performance.now() - t0).toFixed(0), 'ms')
const bare = Y.encodeStateAsUpdate(y)
console.log('snapshot bytes', d.encode().length, 'bare', bare.length)
const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]!
const A: number[] = [], B: number[] = [], C: number[] = [], D: number[] = [], E: number[]=[]
for (let i = 0; i < 60; i++) {
  let t = performance.now(); { const y2 = new Y.Doc(); Y.applyUpdate(y2, bare) } A.push(performance.now() - t)
  t = performance.now(); if (yjs.check(bare)) throw 1; C.push(performance.now() - t)
  t = performance.now(); { if (yjs.check(bare)) throw 1; const e = yjs.open('9'); e.apply(bare) } B.push(performance.now() - t)
  const e = yjs.open('9'); e.apply(bare); t = performance.now(); e.digest(); D.push(performance.now() - t)
  t = performance.now(); e.text('body').toString(); E.push(performance.now()-t)
}
console.log('bare apply', med(A).toFixed(2), 'engine check+open+apply', med(B).toFixed(2), 'check', med(C).toFixed(2), 'ratio', (med(B) / med(A)).toFixed(3), 'digest', med(D).toFixed(2), 'text', med(E).toFixed(2))
t0 = performance.now(); const r = yjs.open('11'); r.applyAll(updates); console.log('applyAll of', updates.length, (performance.now() - t0).toFixed(0), 'ms'); console.log(r.digest() === d.digest())
t0 = performance.now(); const yy=new Y.Doc(); Y.transact(yy,()=>{for(const u of updates)Y.applyUpdate(yy,u)}); console.log('bare applyAll', (performance.now() - t0).toFixed(0))
t0 = performance.now(); const v=d.version(); console.log('version bytes', v.length, (performance.now() - t0).toFixed(1),'ms')
t0 = performance.now(); d.encode(v); console.log('encode(since) nothing', (performance.now() - t0).toFixed(1),'ms')

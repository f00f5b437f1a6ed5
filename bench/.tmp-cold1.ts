import { memoryStorage } from '@joinery/adapters/storage/memory'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { yjs } from '@joinery/adapters/engines/yjs'
import { countingTransport } from './counting-transport.ts'
import { nodeClient, untilStatus } from './node-client.ts'
const log:string[]=[]
let t0=0
const mark=(n:string,at=performance.now())=>log.push(`${n}@${(at-t0).toFixed(1)}`)
const check=yjs.check
Object.assign(yjs as any,{check(b:Uint8Array){mark('check>');const r=check(b);mark('<check');return r}})
const open=yjs.open
Object.assign(yjs as any,{open(a:string){const d=open(a);const all=d.applyAll;Object.assign(d as any,{applyAll(u:any){mark('apply>');const r=all(u);mark('<apply');return r}});return d}})
const {transport,traffic}=countingTransport(webSocketTransport())
const client=await nodeClient({url:process.argv[2]!,storage:memoryStorage(),transport})
await untilStatus(client,s=>s.connection==='live')
t0=performance.now()
const paper=await client.paper.open('b4')
mark('open')
console.log(log.join(' '), traffic.frames.map(f=>`${f.up?'^':'v'}${f.bytes}@${(f.at-t0).toFixed(1)}`).join(' '))
paper.close();await client.close()

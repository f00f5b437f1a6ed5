import { relayProcess } from '../test/relay-process.ts'
import { readB4 } from './b4.ts'
import { rawPush } from './raw-push.ts'
import { execFileSync } from 'node:child_process'
const b4=readB4('body')
const relay=await relayProcess()
await rawPush(relay.url,{id:'b4',kind:'paper'},[b4.whole])
try{
for(let i=0;i<4;i++)console.log(execFileSync(process.execPath,['--conditions=joinery-source','bench/.tmp-cold1.ts',relay.url],{timeout:10000}).toString().trim())
execFileSync(process.execPath,['--conditions=joinery-source','--cpu-prof','--cpu-prof-interval=200','--cpu-prof-dir=/tmp/b/prof4','bench/.tmp-cold1.ts',relay.url],{timeout:10000})
}finally{await relay.remove()}

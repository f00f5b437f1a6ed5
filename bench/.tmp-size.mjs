import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { readdirSync } from 'node:fs'
const dir=readdirSync('node_modules/.pnpm').find(d=>/^esbuild@/.test(d))
const esbuild=createRequire(process.cwd()+'/node_modules/.pnpm/'+dir+'/node_modules/esbuild/package.json')('esbuild')
for(const [e,ext] of [['base',['yjs']],['index',[]],['index',['yjs']],['index',['yjs','lib0']]]){
const r=await esbuild.build({entryPoints:['packages/client/src/'+e+'.ts'],bundle:true,minify:true,format:'esm',write:false,metafile:true,external:[...ext,...ext.map(x=>x+'/*')],conditions:['joinery-source','browser','module','import'],target:'es2023'})
const out=r.outputFiles[0].contents
console.log('==',e,ext,out.length,(gzipSync(out,{level:9}).length/1024).toFixed(2))
const ins=Object.values(r.metafile.outputs)[0].inputs
const g={}
for(const [k,v] of Object.entries(ins)){const n=k.replace(/.*node_modules\/(\.pnpm\/[^/]+\/node_modules\/)?/,'nm:').replace(/^nm:([^/]+)\/.*/,'nm:$1');const d=n.startsWith('nm:')?n:n.split('/').slice(0,4).join('/');g[d]=(g[d]||0)+v.bytesInOutput}
console.log(Object.entries(g).sort((a,b)=>b[1]-a[1]).slice(0,14).map(([k,v])=>v+' '+k).join('\n'))
if(e==='base'||(ext.length===2))console.log(Object.entries(ins).map(([k,v])=>[k.split('packages/').pop().replace(/.*node_modules\//,''),v.bytesInOutput]).sort((a,b)=>b[1]-a[1]).slice(0,60).map(x=>x.join(' ')).join('\n'))
}

/** The relay's own thread, but for bytes with the word `poison` in them: it dies of them, as of a trap in an engine. */
import { parentPort } from 'node:worker_threads'
import type { Job } from '../../src/workers/jobs.ts'

parentPort?.on('message', ({ bytes }: Job) => {
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('poison')) process.exit(7)
})
await import('../../src/main-worker.ts')

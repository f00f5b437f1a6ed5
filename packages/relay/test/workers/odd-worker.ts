/** A thread that does what the engine's name says. */
import { parentPort, threadId } from 'node:worker_threads'
import type { Job, JobMessage } from '../../src/workers/jobs.ts'

const kept: string[] = []

parentPort?.on('message', (job: Job) => {
  const answer = (message: JobMessage): void => parentPort?.postMessage(message)
  switch ('engine' in job ? job.engine : job.do) {
    case 'hang':
      while (kept.length === 0) kept.pop()
      break
    case 'exit':
      process.exitCode = 3
      parentPort?.close()
      break
    case 'heap':
      while (kept.length < Infinity) kept.push(`${kept.length}`.repeat(100))
      break
    case 'throw':
      answer({ error: 'no' })
      break
    case 'name':
      answer({ result: { snapshot: new Uint8Array([threadId]) } })
      break
    default:
      answer({ result: { snapshot: new Uint8Array([1]) } })
  }
})

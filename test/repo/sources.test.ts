// Sources run as they are: no build stands between an edit and a test, a worker or a script.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'

const SOURCE = '/packages/core/src/index.ts'
const fixture = join(import.meta.dirname, 'fixtures/reply-from-source.ts')

test('a test sees the sources of another package', () => {
  expect(import.meta.resolve('@joinery/core')).toContain(SOURCE)
})

test('a worker thread that a test starts from a .ts file sees sources too', async () => {
  const worker = new Worker(new URL('./fixtures/reply-from-source.ts', import.meta.url))
  const [answer] = await once(worker, 'message')
  await worker.terminate()
  expect(answer).toBe(SOURCE)
})

test('plain Node runs a .ts file and sees sources under the condition joinery-source', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=joinery-source', fixture])
  expect(stdout.trim()).toBe(SOURCE)
})

test('one copy of yjs is loaded, whoever asks for it', async () => {
  // A second copy says so on the console when it is loaded, and its documents fail `instanceof` in the first.
  const complaints = vi.spyOn(console, 'error')
  await import('yjs')
  await import('y-protocols/sync')
  await import('y-websocket')
  expect(complaints).not.toHaveBeenCalled()
})

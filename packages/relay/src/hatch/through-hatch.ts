/** A relay that runs, for a command on its data folder. */
import { request } from 'node:http'
import { isCode, JoineryError } from '@joinery/core'
import { CALLS, type Counter } from './calls.ts'
import { packed, unpacked, type Answer } from './wire.ts'

/** Every call rejects with UNAVAILABLE and the detail `reason: 'alone'` when no relay is behind the socket. */
export function throughHatch(path: string): Counter {
  const call =
    (name: string) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const answer = unpacked(await ask(path, packed({ name, args }))) as Answer
      if (answer.ok) return answer.value
      throw new JoineryError(isCode(answer.code) ? answer.code : 'UNAVAILABLE', answer.details)
    }
  return Object.fromEntries(CALLS.map(name => [name, call(name)])) as unknown as Counter
}

function ask(socketPath: string, body: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const alone = (cause: unknown): void => reject(new JoineryError('UNAVAILABLE', { reason: 'alone' }, { cause }))
    const asked = request({ socketPath, method: 'POST', path: '/' }, answer => {
      const chunks: Uint8Array[] = []
      answer.on('data', (chunk: Uint8Array) => void chunks.push(chunk))
      answer.once('error', alone)
      answer.once('end', () => resolve(Buffer.concat(chunks)))
    })
    asked.once('error', alone)
    asked.end(body)
  })
}

/** A relay that runs, for a command on its data folder. */
import { request } from 'node:http'
import { isCode, JoineryError } from '@joinery/core'
import { CALLS, type RunningRelay } from './calls.ts'
import { reachable } from './place.ts'
import { packed, unpacked, type Answer } from './wire.ts'

/** Every call rejects with UNAVAILABLE and the detail `reason: 'alone'` when no relay runs on that folder; it waits for as long as it takes. */
export function throughHatch(data: string): RunningRelay {
  const call =
    (name: string) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const answer = unpacked(await ask(data, packed({ name, args }))) as Answer
      if (answer.ok) return answer.value
      throw new JoineryError(isCode(answer.code) ? answer.code : 'UNAVAILABLE', answer.details)
    }
  return Object.fromEntries(CALLS.map(name => [name, call(name)])) as unknown as RunningRelay
}

/** False when no relay runs on that folder. Rejects with what a relay says against it. */
export async function askRelay(data: string, asked: (relay: RunningRelay) => Promise<void>): Promise<boolean> {
  try {
    await asked(throughHatch(data))
    return true
  } catch (error) {
    if (isAlone(error)) return false
    throw error
  }
}

export function isAlone(error: unknown): boolean {
  return error instanceof JoineryError && error.details['reason'] === 'alone'
}

/** Nothing is there, or what a relay that was killed left behind. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']

async function ask(data: string, body: Uint8Array): Promise<Uint8Array> {
  const { path, reached } = reachable(data)
  return new Promise<Uint8Array>((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const about = NOBODY.includes(cause.code ?? '')
        ? { reason: 'alone' }
        : { sentence: `The relay gave no answer: ${cause.message}.` }
      reject(new JoineryError('UNAVAILABLE', about, { cause }))
    }
    const asked = request({ socketPath: path, method: 'POST', path: '/' }, answer => {
      const chunks: Uint8Array[] = []
      answer.on('data', (chunk: Uint8Array) => void chunks.push(chunk))
      answer.once('error', failed)
      answer.once('end', () => resolve(Buffer.concat(chunks)))
    })
    asked.once('socket', socket => void socket.once('connect', reached))
    asked.once('error', failed)
    asked.end(body)
  }).finally(reached)
}

/** Asks the relay that runs on a data folder, if one does, for what only it can do. */
import { JoineryError } from '@joinery/core'
import { request } from 'node:http'
import { readKey } from './key-file.ts'
import type { OperatorRequest } from './listener.ts'

/** False when no relay runs there. Rejects with what the relay says against it; waits for as long as it takes. */
export async function askRelay(data: string, asked: OperatorRequest): Promise<boolean> {
  const key = await readKey(data)
  if (key === undefined) return false
  const answer = await post(key.port, key.key, JSON.stringify(asked)).catch((error: NodeJS.ErrnoException) => {
    // It was killed, and its key stayed behind.
    if (error.code === 'ECONNREFUSED') return undefined
    throw new JoineryError('UNAVAILABLE', { sentence: `The relay gave no answer: ${error.message}.` }, { cause: error })
  })
  // Somebody else has its port by now.
  if (answer === undefined || answer.status === 404) return false
  if (answer.status === 200) return true
  const { sentence } = JSON.parse(answer.text) as { readonly sentence: string }
  throw new JoineryError('UNAVAILABLE', { sentence: `The relay says: ${sentence}` })
}

function post(port: number, key: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${key}` }
    const asking = request({ host: '127.0.0.1', port, method: 'POST', headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => void (text += String(chunk)))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

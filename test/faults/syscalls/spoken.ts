/**
 * What a traced relay said on its sockets: whole frames, over WebSockets and in the bodies of answers over HTTP, each with when the first of
 * it was handed to the system.
 */
import { decodeExchange } from '@joinery/core/protocol'
import type { Call } from './calls.ts'

export interface Said {
  readonly at: number
  readonly frame: Uint8Array
}

interface Stream {
  readonly chunks: { readonly at: number; readonly bytes: Uint8Array }[]
}

export function spokenIn(calls: readonly Call[]): Said[] {
  const streams = new Map<string, Stream>()
  for (const call of calls) {
    if (call.type !== 'wrote' || !call.file.startsWith('socket:')) continue
    const stream = streams.get(call.file) ?? { chunks: [] }
    streams.set(call.file, stream)
    stream.chunks.push(call)
  }
  return [...streams.values()].flatMap(framesOf)
}

function framesOf({ chunks }: Stream): Said[] {
  const bytes = Buffer.concat(chunks.map(chunk => chunk.bytes))
  const whenOf = (offset: number): number => {
    let end = 0
    for (const chunk of chunks) {
      end += chunk.bytes.length
      if (offset < end) return chunk.at
    }
    return Infinity
  }
  const said: Said[] = []
  let offset = 0
  let isWebSocket = false
  while (offset < bytes.length) {
    if (isWebSocket) {
      const { start, end, isData } = webSocketFrame(bytes, offset)
      if (isData) said.push({ at: whenOf(offset), frame: bytes.subarray(start, end) })
      offset = end
      continue
    }
    const head = bytes.indexOf('\r\n\r\n', offset)
    // Not a connection to anybody: what it prints goes to a socket, too.
    if (head < 0 || bytes.toString('latin1', offset, offset + 5) !== 'HTTP/') return said
    const text = bytes.toString('latin1', offset, head)
    const start = head + 4
    const end = start + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
    isWebSocket = text.startsWith('HTTP/1.1 101')
    if (/octet-stream/i.test(text)) {
      const { frames } = decodeExchange(bytes.subarray(start, end))
      said.push(...frames.map(frame => ({ at: whenOf(offset), frame })))
    }
    offset = end
  }
  return said
}

const DATA = 2
const SHORT = 126

/** A server's: not masked, never in pieces. */
function webSocketFrame(bytes: Buffer, offset: number): { start: number; end: number; isData: boolean } {
  const isData = ((bytes[offset] ?? 0) & 0x0f) === DATA
  const short = (bytes[offset + 1] ?? 0) & 0x7f
  const [start, length] =
    short < SHORT
      ? [offset + 2, short]
      : short === SHORT
        ? [offset + 4, bytes.readUInt16BE(offset + 2)]
        : [offset + 10, Number(bytes.readBigUInt64BE(offset + 2))]
  return { start, end: start + length, isData }
}

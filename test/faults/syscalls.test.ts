// What judges a trace of system calls notices what it is there for: made-up traces, of one edit each.
import { encodeMessage } from '@joinery/core/protocol'
import { expect, test } from 'vitest'
import { callsOf } from './syscalls/calls.ts'
import { orderOf } from './syscalls/order.ts'

const WAL = '5</data/joinery.db-wal>'
const SOCKET = '9<socket:[1]>'
const hello = `7 write(${SOCKET}, "HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n", 36) = 36`
const row = `7 pwrite64(${WAL}, "\\0\\1\\342<ann.1>\\0", 11, 4096) = 11`
const sync = `7 fsync(${WAL}) = 0`
const shown = frame(Uint8Array.from([0, 2, ...Buffer.from('<ann.1>')]))
const read = frame(
  encodeMessage({
    type: 'changes',
    space: 'garden',
    cursor: { epoch: 'e', seq: 4, mark: new Uint8Array(16) },
    live: true,
    reset: false,
    entries: [
      {
        seq: 4,
        type: 'update',
        document: 'd',
        kind: 'raw',
        engine: 'yjs',
        at: 1,
        device: 'ann',
        n: 1,
        subject: 'ann',
        bytes: Buffer.from('<ann.1>'),
      },
    ],
  }),
)
const ack = frame(encodeMessage({ type: 'ack', space: 'garden', entries: [{ n: 1, seq: 4 }] }))

/** As strace writes down a server's WebSocket frame, in two pieces. */
function frame(payload: Uint8Array): string {
  const escaped = (bytes: Uint8Array): string =>
    Array.from(bytes, byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  const head = payload.length < 126 ? [0x82, payload.length] : [0x82, 126, payload.length >> 8, payload.length & 255]
  const pieces = [Uint8Array.from(head), payload].map(
    bytes => `{iov_base="${escaped(bytes)}", iov_len=${bytes.length}}`,
  )
  return `7 writev(${SOCKET}, [${pieces.join()}], 2) = ${head.length + payload.length}`
}

const early = (...lines: string[]): number => orderOf(callsOf(lines)).early.length

test('[DU-03] what is shown and acked after its sync is in order, and all of it is looked at', () => {
  const order = orderOf(callsOf([hello, row, sync, ack, shown, read]))
  expect(order).toMatchObject({ durable: 1, syncs: 1, acks: 1, shown: 2, early: [], closest: 1 })
})

test('[DU-03] what is shown or acked before the sync, or without one, is found out', () => {
  expect(early(hello, row, shown, sync)).toBe(1)
  expect(early(hello, row, ack, sync, read)).toBe(1)
  expect(early(hello, shown, row, sync)).toBe(1)
  expect(early(hello, row, shown)).toBe(1)
  expect(early(hello, sync, row, shown)).toBe(1)
})

test('[DU-03] a sync counts from when it came back, a write from when it was begun, and neither when it failed', () => {
  const [begun, done] = [`7 fsync(${WAL} <unfinished ...>`, '7 <... fsync resumed>) = 0']
  expect(early(hello, row, begun, done, shown)).toBe(0)
  expect(early(hello, row, begun, shown.replace(/^7/, '8'), done)).toBe(1)
  expect(early(hello, row, `7 fsync(${WAL}) = -1 EIO (Input/output error)`, shown)).toBe(1)
  expect(early(hello, row.replace('= 11', '= 3'), sync, shown)).toBe(1)
})

test('[DU-03] what another file’s sync made durable is not this one’s', () => {
  expect(early(hello, row, '7 fsync(6</data/joinery.db>) = 0', shown, sync)).toBe(1)
})

// The faults of group WS that take time, over real sockets.
import { encodeMessage, VERSION } from '@joinery/core/protocol'
import { WebSocket } from 'ws'
import { DOOR_HANDSHAKE, frame, HANDSHAKE, raw } from '../../packages/relay/test/raw-socket.ts'
import { step1Frame } from '../../packages/core/test/gate/grammar/door.ts'
import { type FaultReport, type FaultRow, tally, timed } from './row.ts'

const HERD = 2_000
/** As y-websocket waits before it tries again. */
const STOCK_WAIT_MS = 2_500
const EMPTY = step1Frame(Uint8Array.of(0))

/** How a socket ends, or what the relay answers instead of one. */
function endOf(url: string, then: (socket: WebSocket) => void = () => undefined, autoPong = true): Promise<string> {
  const socket = new WebSocket(url, { perMessageDeflate: false, autoPong })
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (_request, { statusCode }) => {
      resolve(String(statusCode))
      socket.terminate()
    })
    socket.on('open', () => then(socket))
    socket.on('close', code => resolve(String(code)))
  })
}

const link = (port: number): string => `ws://127.0.0.1:${port}/v1/sync`
const door = (port: number, name = 'eve', document = 'plan'): string =>
  `ws://127.0.0.1:${port}/y/garden/${document}?token=dev:${name}`

const hello = (name: string): Uint8Array =>
  encodeMessage({ type: 'hello', version: VERSION, device: 'phone', token: `dev:${name}` })

const answerOf = (text: string): string => /^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 'nothing'

async function closes(work: Promise<string>, limit?: number): Promise<FaultReport> {
  const { ms, value } = await timed(work)
  return { outcome: value, took: ms, ...(limit === undefined ? {} : { limit }) }
}

/** Of a herd, each comes back as a stock client does until it is in. */
async function herd(
  port: number,
  path: (at: number) => string,
  greet: (at: number) => Uint8Array,
): Promise<FaultReport> {
  const sockets: WebSocket[] = []
  let refused = 0
  const admittedAt: number[] = []
  const began = performance.now()
  const come = (at: number): Promise<void> =>
    new Promise(resolve => {
      let failures = 0
      const again = (): void => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}${path(at)}`, { perMessageDeflate: false })
        let isIn = false
        socket.on('error', () => undefined)
        socket.on('open', () => {
          admittedAt.push(performance.now() - began)
          socket.send(greet(at))
        })
        socket.once('message', () => {
          isIn = true
          sockets.push(socket)
          resolve()
        })
        socket.on('close', () => {
          if (isIn) return
          refused += 1
          setTimeout(again, Math.min(STOCK_WAIT_MS, 100 * 2 ** failures++))
        })
      }
      again()
    })
  const { ms } = await timed(Promise.all(Array.from({ length: HERD }, (_, at) => come(at))))
  for (const socket of sockets) socket.terminate()
  const seconds = new Map<number, number>()
  for (const at of admittedAt) seconds.set(Math.floor(at / 1_000), (seconds.get(Math.floor(at / 1_000)) ?? 0) + 1)
  return { outcome: `${Math.max(...seconds.values())} in one second at most, ${refused} sent away first`, took: ms }
}

export const SOCKET_ROWS: readonly FaultRow[] = [
  {
    id: 'WS-01',
    what: '500 upgrades from another origin',
    act: async port => ({
      outcome: tally(
        await Promise.all(
          Array.from({ length: 500 }, async () =>
            answerOf(await raw(port, `${HANDSHAKE}Origin: https://evil.example\r\n\r\n`)),
          ),
        ),
      ),
    }),
  },
  {
    id: 'WS-03',
    what: '200 halves of a request',
    act: port =>
      closes(
        Promise.all(
          Array.from({ length: 200 }, async () => answerOf(await raw(port, 'GET /healthz HTTP/1.1\r\nHost: '))),
        ).then(tally),
        10_000,
      ),
  },
  { id: 'WS-04', what: 'a link that never speaks', act: port => closes(endOf(link(port)), 5_500) },
  // Its connections are looked at once a second.
  { id: 'WS-04', what: 'somebody at the door who never speaks', act: port => closes(endOf(door(port)), 6_500) },
  {
    id: 'WS-06',
    what: 'one frame of 5 MB',
    act: port => closes(endOf(link(port), socket => (socket.send(hello('eve')), socket.send(new Uint8Array(5e6))))),
  },
  {
    id: 'WS-07',
    what: '16,000 fragments of a byte, on 20 sockets',
    act: port =>
      closes(
        Promise.all(
          Array.from({ length: 20 }, async (_, at) => {
            const answer = await raw(port, `${at % 2 === 0 ? HANDSHAKE : DOOR_HANDSHAKE}\r\n`, socket => {
              socket.once('data', () => {
                socket.write(frame(2, at % 2 === 0 ? hello(`eve${at}`) : EMPTY))
                socket.write(frame(2, new Uint8Array(1), false))
                for (let n = 0; n < 16_000 && socket.writable; n++) socket.write(frame(0, new Uint8Array(1), false))
              })
            })
            return answer.includes('\x03\xf0') ? '1008' : 'something else'
          }),
        ).then(tally),
      ),
  },
  {
    id: 'WS-09',
    what: '200 requests with 2,000 headers, or one of 64 KB',
    act: async port => {
      const many = Array.from({ length: 2_000 }, (_, i) => `a${i}:b\r\n`).join('')
      const long = `X-Long: ${'x'.repeat(65_536)}\r\n`
      const ask = async (at: number): Promise<string> =>
        answerOf(await raw(port, `${HANDSHAKE}${at % 2 === 0 ? many : long}\r\n`))
      return { outcome: tally(await Promise.all(Array.from({ length: 200 }, (_, at) => ask(at)))) }
    },
  },
  {
    id: 'WS-12',
    what: '10,000 tiny messages a second for 5 s, from one socket',
    async act(port) {
      let answers = 0
      let isOver = false
      const ended = endOf(link(port), socket => {
        socket.on('message', () => (answers += 1))
        socket.send(hello('hasty'))
        const time = encodeMessage({ type: 'time', id: 1 })
        let rounds = 0
        const timer = setInterval(() => {
          for (let n = 0; n < 1_000; n++) socket.send(time)
          if ((rounds += 1) < 50) return
          clearInterval(timer)
          isOver = true
          socket.terminate()
        }, 100)
      })
      const end = await ended
      return { outcome: isOver ? `${answers} answered meanwhile, not cut` : `cut with ${end}` }
    },
  },
  {
    id: 'WS-15',
    what: '500 sockets that send text',
    act: async port => ({
      outcome: tally(
        await Promise.all(
          Array.from({ length: 500 }, (_, at) =>
            endOf(at % 2 === 0 ? link(port) : door(port), socket => socket.send('text')),
          ),
        ),
      ),
    }),
  },
  {
    id: 'WS-17',
    what: `${HERD} links at once`,
    act: port =>
      herd(
        port,
        () => '/v1/sync',
        at => hello(`p${at}`),
      ),
  },
  {
    id: 'WS-17',
    what: `${HERD} stock clients at once, each of another document`,
    act: port =>
      herd(
        port,
        at => `/y/garden/herd${at}?token=dev:p${at % 100}`,
        () => EMPTY,
      ),
  },
]

/** Takes a minute, beside all others: somebody who was welcome and answers no ping. */
export const DEAF: FaultRow = {
  id: 'WS-05',
  what: 'who no longer answers is gone',
  act: port =>
    closes(
      endOf(link(port), socket => socket.send(hello('deaf')), false),
      60_000,
    ),
}

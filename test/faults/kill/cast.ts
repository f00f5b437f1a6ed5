/** Who writes while the relay dies: through each of its ways in two, so that whatever one writes is shown to another. */
import { httpTransport } from '@joinery/adapters/transport/http'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { deviceWriter, type DeviceWriter } from './device-writer.ts'
import { doorWriter } from './door-writer.ts'
import type { Promises } from './promises.ts'
import { sdkWriter } from './sdk-writer.ts'
import type { Writer } from './writer.ts'

export const SPACE = 'garden'
/** The documents that stock clients write in. */
export const DOORS = ['gate', 'fence']

export interface Cast {
  readonly writers: readonly Writer[]
  /** Writes much at once, for the relay to fold. */
  readonly pourer: DeviceWriter
}

export async function cast(port: number, promises: Promises, heard: () => void): Promise<Cast> {
  const all = { port, space: SPACE, promises, heard }
  const [gate = '', fence = ''] = DOORS
  const sockets = (name: string, document: string, share: number): DeviceWriter =>
    deviceWriter({ ...all, name, document, share, transport: webSocketTransport() })
  const overHttp = (name: string, document: string, share: number): DeviceWriter =>
    deviceWriter({ ...all, name, document, share, transport: httpTransport() })
  const pourer = sockets('pour', 'barrel', 5)
  return {
    pourer,
    writers: [
      pourer,
      doorWriter({ ...all, name: 'door1', document: gate, share: 30 }),
      doorWriter({ ...all, name: 'door2', document: gate, share: 30 }),
      doorWriter({ ...all, name: 'door3', document: fence, share: 15 }),
      // One more at the same document, by the protocol: what is written at the door is shown here, and the other way round.
      sockets('socket1', fence, 25),
      sockets('socket2', 'pond', 25),
      overHttp('http1', 'pond', 15),
      overHttp('http2', 'hedge', 15),
      await sdkWriter({ ...all, name: 'sdk1', share: 20, transport: webSocketTransport() }),
      await sdkWriter({ ...all, name: 'sdk2', share: 20, transport: httpTransport() }),
    ],
  }
}

// Somebody who only reads: every entry of the space's log, as the relay shows it to all.
import { device, type Device } from './socket.ts'

export interface Witnessed {
  readonly seq: number
  readonly document: string
  readonly device: string
  readonly subject: string
  readonly n: number
  readonly bytes: Uint8Array
}

export interface Witness {
  readonly entries: readonly Witnessed[]
  /** Resolves when it has seen the log up to `seq`. */
  seen(seq: number): Promise<void>
  readonly line: Device
}

export async function witness(port: number, space: string): Promise<Witness> {
  const entries: Witnessed[] = []
  let last = 0
  let isLive = false
  const line = await device(port, 'witness', 'witness', message => {
    if (message.type !== 'changes') return
    isLive ||= message.live
    last = message.cursor.seq
    entries.push(...message.entries)
  })
  line.say({ type: 'watch', space, cursor: undefined })
  await line.until(() => isLive)
  return { entries, line, seen: seq => line.until(() => last >= seq) }
}

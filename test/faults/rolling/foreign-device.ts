// A device with the client of whatever version this process is of: `foreign-writer.ts` starts it and tells it what to do.
import { httpTransport } from '@joinery/adapters/transport/http'
import { webSocketTransport } from '@joinery/adapters/transport/websocket'
import { sqliteStorage } from '@joinery/adapters/storage/sqlite'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { promises } from '../kill/promises.ts'
import { sdkWriter } from '../kill/sdk-writer.ts'
import type { Question, Said } from './foreign-words.ts'

const [port, space = '', name = '', over, file, user = name] = process.argv.slice(2)
const tell = (said: Said): void => void process.send?.(said)

const writer = await sdkWriter({
  port: Number(port),
  space,
  name,
  user,
  share: 1,
  transport: over === 'http' ? httpTransport() : webSocketTransport(),
  storage: file === undefined ? memoryStorage() : sqliteStorage({ file }),
  promises: {
    ...promises(),
    // Whoever asked it to write knows.
    wrote: () => undefined,
    shown: words => tell({ say: 'shown', words: [...words] }),
    acked: word => tell({ say: 'acked', word }),
    trouble: what => tell({ say: 'trouble', what }),
  },
  heard: () => tell({ say: 'heard' }),
})

process.on('message', (question: Question) => {
  const answer = async (): Promise<void> => {
    const { id, ask } = question
    const answered = ask === 'status' ? writer.status() : await writer[ask]()
    tell({ say: 'done', id, status: answered ?? undefined })
    if (ask === 'close') process.disconnect()
  }
  answer().catch((error: unknown) => tell({ say: 'trouble', what: String(error) }))
})
process.on('disconnect', () => process.exit())
tell({ say: 'ready', document: writer.document })

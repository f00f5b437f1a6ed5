// One edit into each of many documents, each over a connection of its own that leaves when the server has shown that it has it.
import type { Dialect } from './dialect.ts'
import { inHerds } from './socket.ts'

export async function writeEach(
  dialect: Dialect,
  url: string,
  edits: readonly { readonly document: string; readonly edit: Uint8Array }[],
): Promise<void> {
  await inHerds(edits, async ({ document, edit }) => {
    let sent = false
    let done = (): void => undefined
    let failed = (): void => undefined
    const had = new Promise<void>((resolve, reject) => {
      done = resolve
      failed = () => reject(new Error('the server closed the connection of a writer'))
    })
    const heard = (): void => {
      if (sent) done()
    }
    // Whoever never came in is told by `join`.
    had.catch(() => undefined)
    const seat = await dialect.join({ url, document, name: `writer-${document}`, heard, acked: heard, closed: failed })
    sent = true
    for (const frame of dialect.frames(document, [edit])) seat.send(frame)
    await had
    seat.close()
  })
}

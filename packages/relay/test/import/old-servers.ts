/** Servers that people come from, unmodified, with what they keep on a disk. */
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

/** The room that a server writes last before it stops. */
export const LAST_ROOM = 'last'

export interface OldServer {
  /** What a client puts its room's name behind. */
  readonly url: string
  /** What it wrote is on the disk when it resolves. */
  stop(): Promise<void>
}

export interface HocuspocusServer {
  /** What it saved is on the disk when it resolves. */
  edit(name: string, work: (doc: Y.Doc) => void): Promise<void>
  stop(): Promise<void>
}

export function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-import-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** @y/websocket-server with YPERSISTENCE, in a process of its own. */
export async function yWebsocketServer(folder: string): Promise<OldServer> {
  const port = await freePort()
  // Its exports do not name the command.
  const command = new URL('server.js', import.meta.resolve('@y/websocket-server/utils'))
  const child = spawn(process.execPath, [fileURLToPath(command)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), YPERSISTENCE: folder },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8')
  while (!said.includes('running at')) {
    const [more] = (await once(child.stdout, 'data')) as [string]
    said += more
  }
  return {
    url: `ws://127.0.0.1:${port}`,
    async stop() {
      await lastWord(`ws://127.0.0.1:${port}`, folder)
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** It writes behind what it shows, one after the other: what is written last tells that the rest is. */
async function lastWord(url: string, folder: string): Promise<void> {
  const doc = new Y.Doc()
  const provider = await visit(url, LAST_ROOM, doc)
  const word = 'and nothing comes after this'
  doc.getText('body').insert(0, word)
  const isWritten = (): boolean =>
    readdirSync(folder).some(name => name.endsWith('.log') && readFileSync(join(folder, name)).includes(word))
  while (!isWritten()) await new Promise(resolve => setTimeout(resolve, 10))
  provider.destroy()
}

/** @hocuspocus/server with its SQLite extension. */
export async function hocuspocus(file: string): Promise<HocuspocusServer> {
  const port = await freePort()
  const extensions = [new SQLite({ database: file })]
  const server = new Server({ port, address: '127.0.0.1', quiet: true, stopOnSignals: false, extensions })
  await server.listen()
  return {
    async edit(name, work) {
      const connection = await server.hocuspocus.openDirectConnection(name)
      await connection.transact(work)
      await connection.disconnect()
    },
    stop: () => server.destroy(),
  }
}

/** A stock y-websocket client in a room, in step with its server. */
export async function visit(
  url: string,
  room: string,
  doc: Y.Doc,
  params: Record<string, string> = {},
): Promise<WebsocketProvider> {
  const WebSocketPolyfill = WebSocket as unknown as typeof globalThis.WebSocket
  const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill, disableBc: true, params })
  onTestFinished(() => provider.destroy())
  await new Promise<void>(resolve => {
    provider.on('sync', isSynced => {
      if (isSynced) resolve()
    })
  })
  return provider
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

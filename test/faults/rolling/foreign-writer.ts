/** A device with the client of another version, in a process of its own: to a proof it is a writer like any other. */
import type { Status } from '@joinery/client/base'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Promises } from '../kill/promises.ts'
import { wordOf } from '../kill/words.ts'
import type { Writer } from '../kill/writer.ts'
import type { Asked, Question, Said } from './foreign-words.ts'
import { asVersion, type Version } from './versions.ts'

export interface ForeignWriter extends Omit<Writer, 'status'> {
  status(): Promise<Status>
}

export async function foreignWriter(options: {
  readonly version: Version
  readonly port: number
  readonly space: string
  readonly name: string
  readonly share: number
  readonly over: 'websocket' | 'http'
  readonly promises: Promises
  readonly heard: () => void
  /** Where it keeps what it has, and whose device it is; in memory, and its own, if absent. */
  readonly kept?: { readonly file: string; readonly user: string }
}): Promise<ForeignWriter> {
  const { version, port, space, name, share, over, promises, heard, kept } = options
  const { flags, env } = asVersion(version)
  const child = fork(
    join(import.meta.dirname, 'foreign-device.ts'),
    [String(port), space, name, over, ...(kept === undefined ? [] : [kept.file, kept.user])],
    { execArgv: [...flags], env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  )
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const waiting = new Map<number, (status: Status | undefined) => void>()
  let document = ''
  let isReady = (): void => undefined
  const ready = new Promise<void>(resolve => (isReady = resolve))
  const rows: { readonly [S in Said['say']]: (said: Extract<Said, { say: S }>) => void } = {
    ready(said) {
      ;({ document } = said)
      isReady()
    },
    done({ id, status }) {
      waiting.get(id)?.(status)
      waiting.delete(id)
    },
    shown: ({ words }) => promises.shown(words),
    acked: ({ word }) => promises.acked(word),
    trouble: ({ what }) => promises.trouble(what),
    heard,
  }
  child.on('message', (said: Said) => {
    const row: (said: never) => void = rows[said.say]
    row(said as never)
  })
  let asked = 0
  const ask = (what: Asked): Promise<Status | undefined> =>
    new Promise(resolve => {
      const question: Question = { id: (asked += 1), ask: what }
      waiting.set(question.id, resolve)
      child.send(question)
    })
  const ended = once(child, 'exit').then(() => {
    process.off('exit', kill)
    throw new Error(`the device ${name} ended`)
  })
  ended.catch(() => undefined)
  await Promise.race([ready, ended])
  let n = 0
  return {
    name,
    document,
    share,
    write() {
      promises.wrote(wordOf(name, (n += 1)), document)
      void ask('write')
    },
    connect: async () => void (await ask('connect')),
    cut: async () => void (await ask('cut')),
    settled: async () => void (await ask('settled')),
    async status() {
      const status = await ask('status')
      if (status === undefined) throw new Error(`no status of ${name}`)
      return status
    },
    async close() {
      if (!child.connected) return
      await Promise.race([ask('close'), ended.catch(() => undefined)])
    },
  }
}

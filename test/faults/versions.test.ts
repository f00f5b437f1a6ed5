// Devices and relays that do not speak the same versions: each is the code that ships with a few changed lines, in a process of its own.
import type { Status } from '@joinery/client/base'
import { VERSION } from '@joinery/core/protocol'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folderGround } from './kill/ground.ts'
import { mortalRelay, type Life } from './kill/mortal-relay.ts'
import { promises, type Promises } from './kill/promises.ts'
import { wordsOfUpdates } from './kill/words.ts'
import { foreignWriter, type ForeignWriter } from './rolling/foreign-writer.ts'
import { asVersion, type Version } from './rolling/versions.ts'
import { lookAtWire } from './rolling/wire-look.ts'

const main = join(import.meta.dirname, '../../packages/relay/src/main.ts')
const SPACE = 'garden'

interface Place {
  readonly port: number
  readonly said: Promises
  /** Ends the relay there is, and begins one of this version in its place. */
  begin(version: Version): Promise<void>
  /** What the relay logged last. */
  lastWords(): string
  device(version: Version, name: string, file: string): Promise<ForeignWriter>
}

async function place(over: 'websocket' | 'http'): Promise<Place> {
  const ground = await folderGround()
  const relay = await mortalRelay([process.execPath, main], ground)
  const said = promises()
  let life: Life | undefined
  onTestFinished(async () => {
    life?.signal('SIGKILL')
    await ground.remove()
  })
  return {
    port: relay.port,
    said,
    async begin(version) {
      life?.signal('SIGTERM')
      await life?.ended
      const { flags, env } = asVersion(version)
      life = relay.begin({ command: [process.execPath, ...flags, main], env })
      if (!(await life.ready)) throw new Error(`a relay of ${version} did not start: ${life.lastWords()}`)
    },
    lastWords: () => life?.lastWords() ?? '',
    async device(version, name, file) {
      const all = { port: relay.port, space: SPACE, share: 1, promises: said, heard: () => undefined }
      const device = await foreignWriter({ ...all, version, name, over, kept: { file, user: 'ann' } })
      onTestFinished(() => device.close())
      return device
    },
  }
}

function replica(): string {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-replica-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'replica.db')
}

async function until(device: ForeignWriter, holds: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const status = await device.status()
    if (holds(status)) return status
    await pause(20)
  }
}

const isLinked = ({ mode, pending }: Status): boolean => mode !== 'offline' && pending === 0

/** All words of everybody, as the log holds them. */
async function wordsIn(port: number, version: number): Promise<ReadonlySet<string>> {
  const { log } = await lookAtWire(port, SPACE, { version, device: 'reader' })
  const updates = Map.groupBy(log, ({ document }) => document)
  return new Set([...updates.values()].flatMap(entries => [...wordsOfUpdates(entries.map(({ bytes }) => bytes))]))
}

describe.each(['websocket', 'http'] as const)('[CL-14] over %s', over => {
  test('an app that is too old for its relay says so and keeps its edits; put back, or updated, it goes on, and no edit is missing', async () => {
    const { port, said, begin, lastWords, device } = await place(over)
    const file = replica()
    await begin('without-1')
    const old = await device('this', 'old', file)
    for (let n = 0; n < 3; n++) old.write()
    const refused = await until(old, ({ connection, pending }) => connection === 'too-old' && pending > 0)
    expect(refused).toMatchObject({ code: 'VERSION', mode: 'offline', shelf: 0, failed: 0, safeToClose: true })
    // Its log comes by a pipe.
    while (!/"closing".*VERSION/.test(lastWords())) await pause(20)
    expect(said.counts().acked).toBe(0)
    // The relay is put back, and somebody asks to sync.
    await begin('this')
    await old.connect()
    await until(old, isLinked)
    expect(await wordsIn(port, VERSION)).toEqual(new Set(['<old.1>', '<old.2>', '<old.3>']))
    // It goes on again, with edits that the old app has not brought yet; then the app is updated.
    await begin('without-1')
    await until(old, ({ connection }) => connection === 'too-old')
    old.write()
    await until(old, ({ pending }) => pending > 0)
    await old.close()
    const updated = await device('without-1', 'updated', file)
    updated.write()
    await until(updated, isLinked)
    expect((await wordsIn(port, VERSION + 2)).size).toBe(5)
    await updated.close()
    // What the newer app kept is read by the older one.
    await begin('this')
    const back = await device('this', 'back', file)
    back.write()
    await until(back, isLinked)
    expect((await wordsIn(port, VERSION)).size).toBe(6)
    // It closed with an edit that had no ack yet, and brought it as the updated app.
    expect(said.troubles).toEqual(['old: <old.4> JoineryError: CLOSED'])
  }, 120_000)

  test('an app that is too new for its relay says so and keeps its edits, and goes on by itself when the relay is updated', async () => {
    const { port, said, begin, device } = await place(over)
    await begin('this')
    const ahead = await device('without-1', 'ahead', replica())
    ahead.write()
    const refused = await until(ahead, ({ code, pending }) => code === 'RELAY_VERSION' && pending > 0)
    expect(refused).toMatchObject({ connection: 'waiting', mode: 'offline', shelf: 0, failed: 0, safeToClose: true })
    expect(await wordsIn(port, VERSION)).toEqual(new Set())
    await begin('without-1')
    await until(ahead, isLinked)
    expect(await wordsIn(port, VERSION + 2)).toEqual(new Set(['<ahead.1>']))
    expect(said.troubles).toEqual([])
  }, 120_000)

  test('an app that is newer speaks the older version of its relay', async () => {
    const { port, begin, device } = await place(over)
    await begin('this')
    const newer = await device('next', 'newer', replica())
    newer.write()
    await until(newer, isLinked)
    expect(await wordsIn(port, VERSION)).toEqual(new Set(['<newer.1>']))
  }, 120_000)
})

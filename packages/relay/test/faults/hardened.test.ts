// What the relay does not need, taken away from it: the rights of root, a disk to write to beside its data, a prototype to change. And what
// becomes of a fault that nobody caught.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { containedRelay } from '../contained.ts'
import { dial } from '../dial.ts'
import { readyAnswers } from '../ready.ts'
import { type as typing, update, writer } from '../rig.ts'
import { runJoinery, spawnRelay } from '../spawned.ts'

const NOBODY = 65_534
const FROZEN = join(import.meta.dirname, '../../../../test/frozen-prototype.ts')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-hardened-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Links and the door write and read, large updates go through a worker, and it says that it is well. */
async function smoke(port: number): Promise<void> {
  await readyAnswers(port, 200)
  const [ann, bob] = [await dial(port, 'ann', 'phone'), await dial(port, 'bob', 'laptop')]
  bob.say({ type: 'watch', space: 'garden', cursor: undefined })
  await bob.next('changes')
  const writing = writer(1)
  ann.push(
    'garden',
    update(1, 'd', writing.edit(typing('small'))),
    update(2, 'd', writing.edit(typing('x'.repeat(200_000)))),
  )
  expect([await ann.answer(1), await ann.answer(2)]).toEqual([1, 2])
  expect((await bob.next('changes', ({ cursor }) => cursor.seq === 2)).cursor.seq).toBe(2)
  const door = new WebSocket(`ws://127.0.0.1:${port}/y/garden/d?token=dev:cem`)
  door.on('open', () => door.send(new Uint8Array([0, 0, 1, 0])))
  const length = await new Promise<number>(resolve => {
    door.on('message', (data: Uint8Array) => data[0] === 0 && data[1] === 1 && resolve(data.length))
  })
  expect(length).toBeGreaterThan(200_000)
  door.close()
  ann.push('garden', update(3, 'd', new Uint8Array([1, 2, 3])))
  expect(await ann.answer(3)).toBe('BAD_UPDATE')
}

test('[OP-10] as nobody, on a root file system that is read-only, it does all that it does', async () => {
  const isRoot = process.getuid?.() === 0
  const readOnly = 'mount -o remount,bind,ro /'
  const own = isRoot ? [`chown ${NOBODY}:${NOBODY} "$DATA"`] : []
  const as = isRoot ? `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs ` : ''
  const relay = await containedRelay(['mount -t tmpfs none "$DATA"', ...own, readOnly], `exec ${as}"$@"`)
  const status = readFileSync(`/proc/${relay.pid}/status`, 'utf8')
  const [, uid] = /^Uid:\s+(\d+)/m.exec(status) ?? []
  expect(Number(uid)).toBe(isRoot ? NOBODY : process.getuid?.())
  const root = readFileSync(`/proc/${relay.pid}/mountinfo`, 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .findLast(fields => fields[4] === '/')
  expect(root?.[5]?.split(',')).toContain('ro')
  await smoke(relay.port)
  expect(await relay.stop()).toBe(0)
})

test('[OP-11] with Object.prototype frozen, here and in its threads, it does all that it does', async () => {
  const data = folder()
  const env = { NODE_OPTIONS: `--import=${FROZEN}` }
  const relay = await spawnRelay(data, env, ['--dev'])
  await smoke(relay.port)
  relay.signal('SIGTERM')
  expect(await relay.ended()).toBe(0)
  const compacted = await runJoinery(['compact', '--entries', '2', '--json', '--data', data], env)
  expect([compacted.err, JSON.parse(compacted.out)]).toEqual(['', { folded: 1, left: 0, failed: 0 }])
})

test('[OP-05] what nobody caught is logged without its words, and the process ends for another to begin', async () => {
  for (const [how, code] of [
    ['unhandled', 'void Promise.reject(new Error("canary"))'],
    ['uncaught', 'throw new Error("canary")'],
  ] as const) {
    const late = join(folder(), 'late.mjs')
    // When the relay reads its signal, behind its start, in no thread.
    writeFileSync(
      late,
      `import { isMainThread } from 'node:worker_threads'\nif (isMainThread) process.on('SIGUSR2', () => { ${code} })\n`,
    )
    const relay = await spawnRelay(folder(), { NODE_OPTIONS: `--import=${late}` }, ['--dev'])
    relay.process.kill('SIGUSR2')
    expect(await relay.ended()).toBe(1)
    expect(await relay.logged(line => line['event'] === how)).toMatchObject({ level: 'error', reason: 'Error' })
  }
})

test('[OP-05] a request that breaks what answers it is an error with an id, and the others go on', async () => {
  const relay = await spawnRelay(folder())
  const answer = await fetch(`http://127.0.0.1:${relay.port}/v1/sync`, { method: 'POST', body: 'no frame' })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(await answer.json()).toMatchObject({ success: false, error: { requestId: expect.any(String) } })
  await smoke(relay.port)
})

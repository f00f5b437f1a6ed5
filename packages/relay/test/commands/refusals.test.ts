// What a command is asked for and does not do ends it before it did anything: it does not do something else instead.
import { sqliteStore } from '@joinery/adapters/store/sqlite'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runJoinery } from '../spawned.ts'

/** Each starts several processes, on a machine that may be busy. */
const PATIENCE = { timeout: 120_000 }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-refusals-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Of a command that was refused: what it said. */
async function refused(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runJoinery(args)
  expect([args, code, out]).toEqual([args, 1, ''])
  return err
}

test('a flag that a command does not know is a mistake, whichever command it is', PATIENCE, async () => {
  const at = ['--from', folder()]
  expect(await refused('drill', ...at, '--at', '1999-01-01T00:00:00Z')).toContain('\n  --at (')
  expect(await refused('drill', ...at, '--nonsense')).toContain('allowed: --from --scratch')
  const known = ['import', '--from', 'y-leveldb', '--dir', folder(), '--space', 'garden']
  expect(await refused(...known, '--data', join(folder(), 'data'), '--dryrun')).toContain('\n  --dryrun (')
})

test('a flag that would change nothing is refused, and says what it goes with', PATIENCE, async () => {
  const data = folder()
  await sqliteStore({ file: join(data, 'joinery.db') }).close()
  const restore = await refused('restore', '--from', folder(), '--data', join(data, 'new'), '--scratch', folder())
  expect(restore).toMatch(/^joinery: --scratch is for a restore into a Postgres/)
  const verify = await refused('verify', '--data', data, '--from', folder())
  expect(verify).toBe('joinery: --from goes with --repair: without it nothing is mended.\n')
})

test(
  'an export of a space that is not there says so, as whoever shows it does, and writes nothing',
  PATIENCE,
  async () => {
    const data = folder()
    const store = sqliteStore({ file: join(data, 'joinery.db') })
    await store.admit('garden', 'ann', 'owner')
    await store.close()
    const out = join(data, 'out')
    const said = await refused('export', out, '--space', 'nope', '--data', data)
    expect(said).toBe('joinery: There is no space nope.\n')
    expect(await refused('space', 'show', 'nope', '--data', data)).toBe(said)
    expect(existsSync(out)).toBe(false)
    expect((await runJoinery(['export', out, '--space', 'garden', '--data', data])).code).toBe(0)
  },
)

test('[BK-02] a restore that is refused leaves no folder that it made', PATIENCE, async () => {
  const root = folder()
  expect(await refused('restore', '--from', folder(), '--data', join(root, 'new/data'))).toContain('manifest.json')
  expect(readdirSync(root)).toEqual([])
})

test('a relay whose folder cannot be made ends, and says so', PATIENCE, async () => {
  const nowhere = process.platform === 'linux' ? '/proc/nope' : '/dev/null/nope'
  const said = await refused('serve', '--dev', '--port', '0', '--data', nowhere)
  expect(said).toMatch(new RegExp(`^joinery: The folder ${nowhere} cannot be made \\(E[A-Z]+\\)\\.\n$`))
})

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder, removeFolders } from '../src/made-folder.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joinery-made-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('a folder is made with those that it stands in, for its owner alone, and one that is there is as it was', async () => {
  const root = folder()
  const [outer, inner] = [join(root, 'a'), join(root, 'a/b')]
  expect(await makeFolder(inner)).toEqual([outer, inner])
  for (const one of [outer, inner]) expect(statSync(one).mode & 0o777).toBe(0o700)
  expect(await makeFolder(inner)).toEqual([])
  writeFileSync(join(outer, 'other'), '')
  await removeFolders([outer, inner])
  expect([existsSync(inner), existsSync(outer)]).toEqual([false, true])
})

test('what cannot be made a folder is told at once, and nothing is left of the way to it', async () => {
  const root = folder()
  writeFileSync(join(root, 'file'), '')
  const refused = (path: string): Promise<unknown> => makeFolder(path).catch((error: unknown) => error)
  expect(await refused(join(root, 'file'))).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'EEXIST' } })
  expect(await refused(join(root, 'file/in'))).toMatchObject({ details: { reason: 'ENOTDIR' } })
  expect(await refused(join(root, 'a', 'n'.repeat(300)))).toMatchObject({ details: { reason: 'ENAMETOOLONG' } })
  expect(existsSync(join(root, 'a'))).toBe(false)
  // The system says that it is not there, and its parent is: Node by itself would try for ever.
  const nowhere = process.platform === 'linux' ? '/proc/nope/at/all' : join(root, 'file/at/all')
  expect(await refused(nowhere)).toMatchObject({ details: { sentence: expect.stringContaining('cannot be made') } })
})

// Every example in the documents and doc comments compiles, and every one that is not marked `no-run` runs.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describe, programOf } from './compile.ts'
import { findExamples, root, type Example } from './examples.ts'

// Inside this package, so that an example finds what it imports as an app would: in node_modules.
// One folder a run: two people, or two runs, do not meet.
const folder = join(root, 'test/.doc-examples', String(process.pid))

const examples = findExamples().map(example => ({
  ...example,
  name: `${example.file}:${example.line}`,
  path: join(folder, `${example.file.replaceAll(/[^\w.-]/g, '-')}-${example.line}.ts`),
}))

let program: ts.Program
beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const example of examples) writeFileSync(example.path, moduleOf(example))
  // An example may name a value to show it, and leave it at that.
  const lenient = { noUnusedLocals: false, noUnusedParameters: false }
  program = programOf(
    examples.map(example => example.path),
    lenient,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(0)
})

test.concurrent.for(examples)('$name', async ({ path, runs }) => {
  const source = program.getSourceFile(path)
  const complaints = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  expect(complaints.map(describe), 'what the compiler says, by line').toEqual([])
  expect(runs ? await complaintOfRun(path) : '').toBe('')
})

/** Runs an example to its end. A throw, an exit code or 30 seconds without an end is a complaint. */
async function complaintOfRun(path: string): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, ['--conditions=joinery-source', path], { cwd: folder, timeout: 30_000 })
    return ''
  } catch (error) {
    const { stderr, killed } = error as { stderr: string; killed: boolean }
    return killed ? 'the example did not end within 30 s' : stderr || 'the example failed and said nothing'
  }
}

/** The block as a module, pushed down so that its line numbers are those of the file it stands in. */
function moduleOf({ line, code }: Example): string {
  return `${'\n'.repeat(line - 1)}${code}\nexport {}\n`
}

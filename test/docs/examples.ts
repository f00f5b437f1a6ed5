// Finds the examples: every `ts` block of a document, and of an `@example` in a doc comment of the four packages.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const documents = ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md']
const sources = ['packages/*/src/**/*.ts']

export interface Example {
  /** The file, from the root, and the line of the block's first line of code. */
  readonly file: string
  readonly line: number
  readonly code: string
  /** False for a block marked `no-run`: it is type-checked only. */
  readonly runs: boolean
}

/** Every example there is, in the order of the files. */
export function findExamples(): Example[] {
  const found = [
    ...globSync(documents, { cwd: root }).flatMap(file => blocks(file, read(file), 0)),
    ...globSync(sources, { cwd: root }).flatMap(file => commentedExamples(file, read(file))),
  ]
  return found.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
}

/** The blocks in a source's doc comments, each after its `@example`. */
function commentedExamples(file: string, source: string): Example[] {
  return [...source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].flatMap(({ 0: comment, index }) => {
    const start = comment.indexOf('@example')
    if (start === -1) return []
    const above = linesIn(source.slice(0, index + start))
    return blocks(file, comment.slice(start).replaceAll(/^[ \t]*\* ?/gm, ''), above)
  })
}

/** The `ts` blocks of a text that begins `above` lines below the top of its file. */
function blocks(file: string, text: string, above: number): Example[] {
  return [...text.matchAll(/^```ts([^\n]*)\n([\s\S]*?)^```/gm)].map(({ 1: info = '', 2: code = '', index }) => ({
    file,
    line: above + linesIn(text.slice(0, index)) + 2,
    code,
    runs: !/\bno-run\b/.test(info),
  }))
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const linesIn = (text: string): number => text.split('\n').length - 1

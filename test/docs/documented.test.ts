// Every function that a package exports says what it does, and shows it in an example.
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { beforeAll, expect, test } from 'vitest'
import { programOf } from './compile.ts'
import { root } from './examples.ts'

const entries = ['core', 'adapters', 'client', 'relay'].flatMap(entryPoints)
let program: ts.Program
let checker: ts.TypeChecker
beforeAll(() => {
  program = programOf(entries)
  checker = program.getTypeChecker()
})

test.for(entries.map(entry => [relative(root, entry), entry] as const))(
  'functions of %s are documented',
  ([, entry]) => {
    expect(exportedFunctions(entry).flatMap(whatIsMissing)).toEqual([])
  },
)

/** The source files behind the `exports` of a package; a pattern stands for every file that it matches. */
function entryPoints(name: string): string[] {
  const folder = join(root, 'packages', name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.values<string | Record<string, string>>(exports)
    .flatMap(target => (typeof target === 'string' ? [] : [target['joinery-source'] ?? '']))
    .flatMap(pattern => globSync(pattern, { cwd: folder, exclude: ['**/*.test.ts', '**/*-worker.ts'] }))
    .map(file => join(folder, file))
}

interface ExportedFunction {
  readonly name: string
  readonly symbol: ts.Symbol
  readonly declaration: ts.Declaration
}

function exportedFunctions(entry: string): ExportedFunction[] {
  const source = program.getSourceFile(entry)
  const module = source && checker.getSymbolAtLocation(source)
  // A file without an export is no module to the compiler, and has nothing to document.
  if (module === undefined) return []
  return checker.getExportsOfModule(module).flatMap(exported => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const declaration = symbol.valueDeclaration
    if (declaration === undefined || isForeign(declaration)) return []
    const callable = checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0
    return callable ? [{ name: exported.name, symbol, declaration }] : []
  })
}

function whatIsMissing({ name, symbol, declaration }: ExportedFunction): string[] {
  const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim()
  const hasExample = symbol.getJsDocTags(checker).some(tag => tag.name === 'example')
  const missing = [...(comment === '' ? ['a doc comment'] : []), ...(hasExample ? [] : ['an @example'])]
  if (missing.length === 0) return []
  const source = declaration.getSourceFile()
  const line = source.getLineAndCharacterOfPosition(declaration.getStart()).line + 1
  return [`${relative(root, source.fileName)}:${line} ${name} has no ${missing.join(' and no ')}`]
}

/** What another package declares is documented there. */
const isForeign = (declaration: ts.Declaration): boolean =>
  declaration.getSourceFile().fileName.includes('/node_modules/')

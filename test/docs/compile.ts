// One TypeScript program for many files, so that type-checking them costs one start and not one each.
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root } from './examples.ts'

/** A program over `files`, with the options that tests compile with and `extra` ones. */
export function programOf(files: readonly string[], extra: ts.CompilerOptions = {}): ts.Program {
  const config = join(root, 'test/tsconfig.json')
  const { options, errors } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, path => ts.sys.readFile(path)).config,
    ts.sys,
    dirname(config),
    {},
    config,
  )
  const [error] = errors.filter(each => each.category === ts.DiagnosticCategory.Error)
  if (error) throw new Error(describe(error))
  delete options.tsBuildInfoFile
  return ts.createProgram(files, { ...options, ...extra, incremental: false, noEmit: true })
}

/** A complaint of the compiler in one line: `12: Cannot find name 'x'.` */
export function describe(diagnostic: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
  if (diagnostic.file === undefined || diagnostic.start === undefined) return text
  return `${diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line + 1}: ${text}`
}

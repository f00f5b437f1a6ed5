/** An examination for a person. Law: names come from people, so nothing of them moves a cursor (OP-02). */
import { spelledOut } from '../logs/redaction.ts'
import type { Examination, Told } from './doctor.ts'

const INDENT = '         '

export function reportOf({ findings }: Examination): string {
  const count = (level: Told['level']): number => findings.filter(one => one.level === level).length
  const [errors, warnings] = [count('error'), count('warning')]
  const verdict =
    errors + warnings === 0
      ? 'Nothing is wrong.'
      : `${errors} ${errors === 1 ? 'thing is' : 'things are'} wrong, ${warnings} may become so.`
  return `${[...findings.map(linesOf), verdict].join('\n')}\n`
}

function linesOf({ level, code, sentence, todo }: Told): string {
  const said = `${level.padEnd(INDENT.length)}${spelledOut(sentence)} [${code}]`
  return todo === undefined || level === 'ok' ? said : `${said}\n${INDENT}→ ${todo}`
}

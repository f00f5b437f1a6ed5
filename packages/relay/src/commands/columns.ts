/** Rows for a person, in columns. Law (OP-02): names come from people, so nothing of them moves a cursor. */
import { spelledOut } from '../logs/redaction.ts'

export type Column = string | number | undefined

export function columns(titles: readonly string[], rows: readonly (readonly Column[])[]): string {
  const texts = [titles, ...rows].map(row => row.map(one => spelledOut(String(one ?? '-'))))
  const widths = titles.map((_, at) => Math.max(...texts.map(row => row[at]?.length ?? 0)))
  const isNumber = titles.map((_, at) => rows.length > 0 && rows.every(row => typeof row[at] === 'number'))
  const line = (row: readonly string[]): string =>
    row
      .map((text, at) => (isNumber[at] === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ')
  return `${texts.map(row => line(row).trimEnd()).join('\n')}\n`
}

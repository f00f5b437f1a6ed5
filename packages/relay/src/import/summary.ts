/** What an import came to, for a person and for a program. */
import type { ImportOutcome } from './import-documents.ts'

export interface Summary {
  tell(outcome: ImportOutcome): void
  /** Whether everything that there was is here now. */
  isWhole(): boolean
  /** One line each. */
  lines(): string[]
  json(): string
}

const KINDS = ['imported', 'grown', 'unchanged', 'empty', 'left'] as const satisfies readonly ImportOutcome['outcome'][]

/** `isDryRun`: it says what would be. */
export function summaryOf(isDryRun: boolean): Summary {
  const outcomes: ImportOutcome[] = []
  const of = (kind: ImportOutcome['outcome']): ImportOutcome[] => outcomes.filter(({ outcome }) => outcome === kind)
  const bytesOf = (some: readonly ImportOutcome[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0)
  const isWhole = (): boolean => outcomes.every(({ outcome, rows }) => outcome !== 'left' && rows.length === 0)
  return {
    tell: outcome => void outcomes.push(outcome),
    isWhole,
    lines() {
      const lines = outcomes.flatMap(troublesOf)
      const written = isDryRun ? 'would be written' : 'written and read back'
      const counts = KINDS.map(kind => `${of(kind).length} ${kind}`).join(', ')
      const rows = outcomes.reduce((sum, outcome) => sum + outcome.rows.length, 0)
      lines.push(`${count(outcomes.length, 'document')}: ${counts}; ${count(rows, 'row')} left out`)
      lines.push(`${count(bytesOf(outcomes), 'byte')} ${written}`)
      return lines
    },
    json() {
      const counts = Object.fromEntries(KINDS.map(kind => [kind, of(kind).length]))
      return JSON.stringify({
        dryRun: isDryRun,
        whole: isWhole(),
        ...counts,
        bytes: bytesOf(outcomes),
        documents: outcomes,
      })
    },
  }
}

function troublesOf({ name, outcome, reason, rows }: ImportOutcome): string[] {
  const called = name === undefined ? 'rows without a name' : JSON.stringify(name)
  const lines = rows.map(({ row, reason: why }) => `left out: ${called}, ${row}: ${why}`)
  return outcome === 'left' ? [...lines, `left: ${called}: ${reason ?? ''}`] : lines
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`
}

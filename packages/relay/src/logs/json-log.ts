/**
 * One line of JSON for each event. Law: whatever a field holds goes through the redaction; nothing is printed as it came.
 */
import { pino, type DestinationStream } from 'pino'
import type { Log, LogFields } from '../log.ts'
import { printable, SECRET_FIELDS } from './redaction.ts'

export function jsonLog(to: DestinationStream): Log {
  const lines = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: level => ({ level }) },
      redact: { paths: [...SECRET_FIELDS], censor: '[redacted]' },
    },
    to,
  )
  const line =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}): void =>
      lines[level]({ event, ...printableFields(fields) })
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

function printableFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? printable(value) : value]),
  )
}

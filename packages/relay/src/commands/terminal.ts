/**
 * What a command has of the process that it runs in. Law: what must not go on says why, for a person, and what it knows besides, never a
 * secret; and the exit code says it to a machine.
 */
import { JoineryError, sentenceOf } from '@joinery/core'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Terminal {
  readonly environment: Environment
  /** Standard output. */
  out(text: string): void
  /** Standard error. */
  err(text: string): void
  exit(code: number): never
}

/** Runs a command; what it rejects with is said in one line. */
export function orSay<C>(terminal: Terminal, run: (context: C) => Promise<void>): (context: C) => Promise<void> {
  return async context => {
    try {
      await run(context)
    } catch (error) {
      const own = error instanceof JoineryError ? error.details['sentence'] : undefined
      const details = error instanceof JoineryError ? Object.entries(error.details) : []
      const said = details.map(([name, value]) => `${name}: ${String(value)}`).join(', ')
      const sentence = sentenceOf(error) ?? (error instanceof Error ? error.message : 'It failed.')
      terminal.err(`joinery: ${typeof own === 'string' ? own : `${sentence} ${said}`}\n`)
      terminal.exit(1)
    }
  }
}

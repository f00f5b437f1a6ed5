/**
 * What only the relay that has a store open can do for a command. Laws:
 * - One copy at a time: whoever asks for a second meanwhile is told so.
 * - What is asked for never holds up who is served.
 */
import { checkId, JoineryError, type DocumentPlace } from '@joinery/core'
import { isAbsolute } from 'node:path'
import type { Log } from '../log.ts'
import type { Counter, RunningRelay } from './calls.ts'

const BUSY = 'The relay is making a copy for somebody else: try again later.'

export function runningRelay(
  counter: Counter,
  parts: {
    readonly copyTo: (file: string) => Promise<void>
    readonly suspect: (place: DocumentPlace) => Promise<void>
    readonly log: Log
  },
): RunningRelay {
  let isBusy = false
  return {
    ...counter,
    async copyTo(file) {
      // It is written by another process, whose folder is another.
      if (typeof file !== 'string' || !isAbsolute(file)) throw new JoineryError('BAD_INPUT', { what: 'file' })
      if (isBusy) throw new JoineryError('UNAVAILABLE', { sentence: BUSY })
      isBusy = true
      parts.log.info('copying', { to: file })
      try {
        await parts.copyTo(file)
        parts.log.info('copied', { to: file })
      } finally {
        isBusy = false
      }
    },
    async suspect(places) {
      for (const { space, document } of places)
        await parts.suspect({ space: checkId('space', space), document: checkId('document', document) })
    },
  }
}

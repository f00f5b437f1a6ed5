/** `joinery compact`: folds now what a relay folds by itself when nobody writes. Law: nothing is folded but what the relay would fold so. */
import { JoineryError } from '@joinery/core'
import { defineCommand } from 'citty'
import { atCounter, type CounterParts } from './counter.ts'
import { DATA_ARGS, dataPlace, JSON_ARGS } from './data-folder.ts'
import { orSay, type Terminal } from './terminal.ts'

/** Below it a snapshot is hardly smaller than what it stands for. */
const LEAST = 2
const NOT_ALL = 2

const ARGS = {
  ...DATA_ARGS,
  entries: { type: 'string', default: '32', description: 'Fold documents with at least so many unfolded entries' },
  ...JSON_ARGS,
} as const

export function compactCommand(terminal: Terminal, parts: CounterParts) {
  return defineCommand({
    meta: { name: 'compact', description: 'Fold what documents have gathered, now. A relay may be running.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const entries = Number(context.args.entries)
      if (!Number.isSafeInteger(entries) || entries < LEAST)
        throw new JoineryError('BAD_INPUT', { sentence: `--entries is a whole number from ${LEAST}.` })
      const place = dataPlace(context, ARGS, terminal.environment)
      const compacted = await atCounter(parts, place, counter => counter.compact(entries))
      const { folded, left, failed } = compacted
      terminal.out(
        context.args.json
          ? `${JSON.stringify(compacted)}\n`
          : `${folded} documents were folded, ${left} left as they are, ${failed} failed.\n`,
      )
      if (failed > 0) terminal.exit(NOT_ALL)
    }),
  })
}

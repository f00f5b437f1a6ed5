/** `joinery inspect`: one document as it stands in the log. Law: what it says is told only to who asks for it, by `--content`. */
import { JoineryError, type Entry } from '@joinery/core'
import { defineCommand } from 'citty'
import { columns } from './columns.ts'
import { atCounter, type CounterParts } from './counter.ts'
import { DATA_ARGS, dataPlace, JSON_ARGS, OWNER_ARGS, spaceNamed } from './data-folder.ts'
import { orSay, type Terminal } from './terminal.ts'

const ARGS = {
  space: { type: 'positional', required: true, description: 'The name of its space' },
  document: { type: 'positional', required: true, description: 'Its id' },
  ...OWNER_ARGS,
  ...DATA_ARGS,
  content: { type: 'boolean', default: false, description: 'Say what it shows, too' },
  ...JSON_ARGS,
} as const

export function inspectCommand(terminal: Terminal, parts: CounterParts) {
  return defineCommand({
    meta: { name: 'inspect', description: 'One document: its head and its entries. A relay may be running.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const { args } = context
      await atCounter(parts, dataPlace(context, ARGS, terminal.environment), async counter => {
        const space = spaceNamed(args.space, args.of)
        const head = await counter.document(space, args.document)
        if (head === undefined)
          throw new JoineryError('NOT_FOUND', { sentence: `There is no document ${args.document} in ${args.space}.` })
        // A damaged one has its head all the same.
        const body = await counter.body(space, args.document).catch((error: unknown) => codeOf(error))
        const entries = typeof body === 'string' ? [] : body
        const damage = typeof body === 'string' ? body : undefined
        const content = args.content ? await counter.workers.read(head.engine, bytesOf(entries)) : undefined
        if (args.json) {
          const shown = content === undefined ? {} : { content: JSON.parse(content) as unknown }
          terminal.out(
            `${JSON.stringify({ space, head, damage, entries: entries.map(lineOf), ...shown }, undefined, 2)}\n`,
          )
          return
        }
        const figures = Object.entries({ ...head, damage })
        terminal.out(`${columns(['of', `${args.space}/${args.document}`], figures)}\n`)
        const lines = entries.map(lineOf)
        terminal.out(
          columns(
            ['seq', 'type', 'bytes', 'author', 'device', 'n', 'time'],
            lines.map(({ seq, type, bytes, author, device, n, time }) => [seq, type, bytes, author, device, n, time]),
          ),
        )
        if (args.content) terminal.out(`\n${content ?? 'What it shows cannot be told: its engine is not here.'}\n`)
      })
    }),
  })
}

function lineOf({ seq, type, bytes, subject, device, n, at }: Entry) {
  return { seq, type, bytes: bytes.length, author: subject, device, n, time: new Date(at).toISOString() }
}

function bytesOf(entries: readonly Entry[]): Uint8Array[] {
  return entries.map(({ bytes }) => bytes).filter(bytes => bytes.length > 0)
}

function codeOf(error: unknown): string {
  if (error instanceof JoineryError && error.code === 'QUARANTINED') return 'a row is damaged'
  throw error
}

/**
 * Whether a traced relay kept its word: each edit that it acked or showed was written into its log, and a sync of that came back, before
 * the first byte of the frame went to a socket (S1, S2, DU-03).
 */
import { decodeMessage } from '@joinery/core/protocol'
import { wordsIn, type Word } from '../kill/words.ts'
import type { Call } from './calls.ts'
import { spokenIn } from './spoken.ts'

export interface Order {
  /** Words that are in the log and synced. */
  readonly durable: number
  /** Syncs of the log. */
  readonly syncs: number
  /** Acks of entries, and words in frames, that were looked at. */
  readonly acks: number
  readonly shown: number
  /** Sentences about those that came before their sync. */
  readonly early: readonly string[]
  /** The least number of calls between a sync and the first frame that rests on it. */
  readonly closest: number
}

/** The first byte of a message says what it is. */
const [ACK, CHANGES] = [35, 33]

export function orderOf(calls: readonly Call[]): Order {
  const { durableAt, syncs } = durability(calls)
  const early: string[] = []
  const counts = { acks: 0, shown: 0, closest: Infinity }
  const look = (word: Word, at: number, what: string): void => {
    const durable = durableAt.get(word) ?? Infinity
    counts.closest = Math.min(counts.closest, at - durable)
    if (at <= durable) early.push(`${word} was ${what} by call ${at} and durable by ${durable}`)
  }
  const said = spokenIn(calls)
  const wordBySeq = new Map<number, Word>()
  const acks: { readonly at: number; readonly seq: number }[] = []
  for (const { at, frame } of said) {
    for (const word of wordsIn(frame)) {
      counts.shown += 1
      look(word, at, 'shown')
    }
    if (frame[0] !== ACK && frame[0] !== CHANGES) continue
    const message = decodeMessage(frame)
    if (message?.type === 'ack') acks.push(...message.entries.map(({ seq }) => ({ at, seq })))
    if (message?.type !== 'changes') continue
    for (const { seq, bytes } of message.entries) for (const word of wordsIn(bytes)) wordBySeq.set(seq, word)
  }
  // Everybody's edits are shown to somebody, so every ack's seq is known by its word.
  for (const { at, seq } of acks) {
    const word = wordBySeq.get(seq)
    if (word === undefined) continue
    counts.acks += 1
    look(word, at, 'acked')
  }
  return { ...counts, durable: durableAt.size, syncs, early }
}

/** When each word was first written into the log and that was synced. */
function durability(calls: readonly Call[]): { durableAt: Map<Word, number>; syncs: number } {
  const durableAt = new Map<Word, number>()
  const written = new Map<string, Set<Word>>()
  let syncs = 0
  for (const call of calls) {
    if (!call.file.endsWith('-wal')) continue
    const waiting = written.get(call.file) ?? new Set()
    written.set(call.file, waiting)
    if (call.type === 'wrote') {
      for (const word of wordsIn(call.bytes)) waiting.add(word)
      continue
    }
    syncs += 1
    for (const word of waiting) if (!durableAt.has(word)) durableAt.set(word, call.at)
    waiting.clear()
  }
  return { durableAt, syncs }
}

/** One tab's hold on the stored copy: what every part of the client is made of. */
import {
  JoineryError,
  TABLES,
  hybridClock,
  type Clock,
  type Engine,
  type HybridClock,
  type Random,
  type ReadTransaction,
  type Storage,
} from '@joinery/core'
import type { AnyKind, Library, WriteContext } from '@joinery/core/kinds'
import type { NewsDesk } from '../news.ts'
import { pause } from '../pause.ts'
import { freshId } from './fresh-id.ts'
import { scratch, type Scratch } from './scratch.ts'
import type { Writer } from './writer.ts'
import type { Tx } from './tx.ts'

export interface Replica {
  readonly clock: Clock
  readonly random: Random
  readonly stamps: HybridClock
  readonly news: NewsDesk
  readonly storage: Storage
  readonly writer: Writer
  /** Reads, and tries a few times before it gives up. */
  read<T>(body: (tx: ReadTransaction) => Promise<T>): Promise<T>
  write<T>(job: (tx: Tx) => Promise<T>): Promise<T>
  newId(): string
  device(): string
  /** After the relay found that another device goes by this name. */
  rename(device: string): void
  writeContext(): WriteContext
  /** BAD_INPUT for a kind that this app does not know. */
  kind(name: string): AnyKind
  kindOf(name: string): AnyKind | undefined
  /** Undefined for an engine that this app does not bring. */
  engine(name: string): Engine | undefined
  /** A document for a moment; undefined without its engine. Close it. What the engine breaks on is left out (D2). */
  build(engine: string, updates: readonly Uint8Array[]): Scratch | undefined
  /** Corrected wall time in whole ms. */
  now(): number
}

export function replicaOn(parts: {
  readonly library: Library
  readonly engines: readonly Engine[]
  readonly storage: Storage
  readonly writer: Writer
  readonly clock: Clock
  readonly random: Random
  readonly news: NewsDesk
  readonly device: string
  readonly slot: number
}): Replica {
  const { library, storage, writer, clock, random, news, slot } = parts
  const stamps = hybridClock(clock)
  const kinds = new Map<string, AnyKind>(Object.entries(library.kinds))
  const enginesByName = new Map(parts.engines.map(engine => [engine.name, engine]))
  const newId = (): string => freshId(random)
  let device = parts.device
  return {
    clock,
    random,
    stamps,
    news,
    storage,
    writer,
    newId,
    write: writer.write,
    async read(body) {
      for (let failures = 0; ; failures++) {
        try {
          return await storage.read(TABLES, body)
        } catch (error) {
          if (!(error instanceof JoineryError) || error.code === 'CLOSED' || failures >= READS) throw error
          await pause(clock, 10 * failures)
        }
      }
    },
    device: () => device,
    rename(name) {
      device = name
    },
    writeContext: () => ({ device, slot, stamp: () => stamps.next(), id: newId }),
    kind(name) {
      const kind = kinds.get(name)
      if (!kind) throw new JoineryError('BAD_INPUT', { kind: name })
      return kind
    },
    kindOf: name => kinds.get(name),
    engine: name => enginesByName.get(name),
    build(name, updates) {
      const engine = enginesByName.get(name)
      return engine && scratch(engine, random, updates)
    },
    now: () => Math.round(stamps.now()),
  }
}

const READS = 4

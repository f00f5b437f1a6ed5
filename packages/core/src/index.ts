/** Words, laws and ports of Joinery: what a library author, an adapter or a host needs. Pure: no I/O, no clock, no chance. */
export { CODES, JoineryError, isCode } from './errors.ts'
export type { Code, Then } from './errors.ts'
export { sentenceOf } from './sentences.ts'
export { PERSONAL_SPACE, isId, checkId } from './ids.ts'
export { documentOfRoom } from './room-name.ts'
export { checkStorable, isStorable } from './storable.ts'
export { contentDigest } from './content-digest.ts'
export { DIGEST_BYTES, NO_MARK, digestOf, entryDigest, markAfter, sameBytes } from './digest.ts'
export type { Hash } from './digest.ts'
export { STAMP_AHEAD_MS, hybridClock, stampOf, isStamp, millisOf } from './hlc.ts'
export type { HybridClock, Stamp } from './hlc.ts'
export { canonical, copyPlain, hex } from './plain.ts'
export type { Plain } from './plain.ts'
export { PLAIN_DEPTH, checkName, isWellFormed, plainOf } from './plain-input.ts'
export { REGISTER_BYTES, readRegister, writeRegister } from './register-state.ts'
export type { RegisterState, RegisterValue } from './register-state.ts'
export type { AuthorRange, Cursor, Entry, Envelope, PushEntry } from './entry.ts'
export { entryTypeOf, numberOfEntryType } from './entry-type.ts'
export type { EntryType } from './entry-type.ts'
export { BUS_PAYLOAD_BYTES } from './ports/bus.ts'
export type { Bus, BusEvents } from './ports/bus.ts'
export type { Cancel, Clock } from './ports/clock.ts'
export type { Engine, EngineAbilities, EngineDocument, EngineMap, EngineRefusal, EngineText } from './ports/engine.ts'
export type { DamagedRow, OldDocument, OldDocuments, OldRow } from './ports/old-documents.ts'
export type { Random } from './ports/random.ts'
export { refusalOf, type FoundBefore } from './commit-outcome.ts'
export { beginsWith, checkKey, checkPrefix, compareKeys } from './key-order.ts'
export { TABLES } from './ports/storage.ts'
export type {
  Key,
  KeyRange,
  ReadTransaction,
  Row,
  Storage,
  StorageEstimate,
  Table,
  WriteTransaction,
} from './ports/storage.ts'
export { ENTRY_WEIGHT } from './ports/store.ts'
export type {
  AuthorHead,
  CommitEntry,
  CommittedSpace,
  DocumentHead,
  Fold,
  Forgetting,
  HeadAndAuthors,
  Lineal,
  VersionName,
  Voided,
  Voiding,
  LogPage,
  Member,
  Outcome,
  Role,
  SpaceCommit,
  SpaceLine,
  SpaceHead,
  Store,
  StoreSizes,
} from './ports/store.ts'
export type { DocumentPlace, RowPlace, StoreLook } from './ports/store-look.ts'
export type { PutBack } from './ports/store-moment.ts'
export type { StandingEntry, StoreUpkeep } from './ports/store-upkeep.ts'
export type { Tabs } from './ports/tabs.ts'
export type { Span, SpanNotes, SpanStart, TraceContext, Tracer } from './ports/tracer.ts'
export type { Transport, Wire, WireClose, WireEvents } from './ports/transport.ts'

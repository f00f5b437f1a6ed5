/** Kinds of documents, their fields and how each merges; and the kinds that ship. */
export type {
  Draft,
  Field,
  Fields,
  HandleField,
  Init,
  Place,
  Policy,
  StandardParts,
  ValueField,
  View,
  WriteContext,
} from './field.ts'
export { defineKind } from './kind.ts'
export type { AnyKind, ColumnName, Columns, Kind, KindDefinition, StandardColumns } from './kind.ts'
export { defineLibrary } from './library.ts'
export type { Kinds, Library } from './library.ts'
export type { Schema, ValueOf } from './schema.ts'
// Policies
export { text, richText } from './text.ts'
export type { ReadonlyText } from './text.ts'
export { latest } from './latest.ts'
export type { LatestField } from './latest.ts'
export { furthest } from './furthest.ts'
export type { Furthest, FurthestDraft } from './furthest.ts'
export { set } from './set.ts'
export type { SetDraft } from './set.ts'
export { list } from './list.ts'
export type { ListDraft, ListItem } from './list.ts'
export { counter } from './counter.ts'
export type { CounterDraft } from './counter.ts'
export { immutable } from './immutable.ts'
export { ref } from './ref.ts'
export type { RefField } from './ref.ts'
export { blob } from './blob.ts'
export type { BlobRef } from './blob.ts'
// Values
export { array, boolean, check, day, nullable, number, object, oneOf, optional, plain, string } from './validators.ts'
export { excerptOf } from './excerpt.ts'
// Documents
export { createDocument, documentIdOf, seedOf } from './create.ts'
export type { Seed } from './create.ts'
export { documentBehind, draftOf, readDocument } from './view.ts'
export { setTrashed } from './standard-parts.ts'
export { losers } from './losers.ts'
export type { LatestNames, Loser } from './losers.ts'
export { reapply } from './reapply.ts'
export { stampsIn } from './stamps-in.ts'
export { indexKeys, keyPart, projectDocument, projectRow, searchTexts } from './project.ts'
export type { Projection, RowEnvelope } from './project.ts'
// The kinds that ship
export { note } from './note.ts'
export { folder } from './folder.ts'
export { review } from './review.ts'

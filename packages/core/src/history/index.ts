/** Versions of a document, and who wrote what between two of them. */
export { passagesOf } from './passages.ts'
export type { Passage, TextStep } from './passages.ts'
export { VERSION_PAUSE_MS, VERSION_SPAN_MS, versionsOf } from './versions.ts'
export type { Version } from './versions.ts'

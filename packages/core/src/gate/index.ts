/** The gate: what a relay decides about an update from its bytes and the document's head alone. */
export { SCAN_LIMITS, type ScanLimits } from './limits.ts'
export type { ScanRefusal } from './cursor.ts'
export { A_SKIP } from './read-structs.ts'
export { scanYjsUpdate, type AuthorRange, type ScanResult, type YjsScan } from './yjs-scan.ts'
export type { Reference } from './arrange.ts'
export type { DeleteEnd } from './read-deletes.ts'
export type { Root, RootShape } from './roots.ts'
export {
  judgeYjs,
  type Claim,
  type GateRefusal,
  type HeadView,
  type RecordedAuthor,
  type Verdict,
} from './yjs-judge.ts'
export {
  AUTOMERGE_LIMITS,
  scanAutomerge,
  type AutomergeChunk,
  type AutomergeLimits,
  type AutomergeScanResult,
} from './automerge-scan.ts'
export { fittingParts } from './fitting-parts.ts'
export { emptied, type Leaving } from './emptied.ts'
export { heldUpdates, type HeldUpdates } from './held-updates.ts'
export { joinUpdates } from './join-updates.ts'
export { partsOf, type Run, type UpdateParts } from './update-parts.ts'
export { automergeSeed, isSeedAuthor, SEED_AUTHOR } from './automerge-seed.ts'

/** What an app may want to know of a space on its way. */
import type { Code } from '@joinery/core'

export type SpaceReport =
  /** An update from the relay is damaged and was left out; the document is read anew (CL-08). */
  | { readonly type: 'refused-update'; readonly space: string; readonly document: string; readonly code: Code }
  /** The relay's log is not the one that was read before (R4, CL-10): both sides tell what they have. */
  | { readonly type: 'cursor-back' | 'reset'; readonly space: string }
  /** This person may not be in this space (any more). */
  | { readonly type: 'space-lost' | 'space-refused'; readonly space: string; readonly code: Code }

/** What a device of another version, in a process of its own, and the test that started it say to each other. */
import type { Status } from '@joinery/client/base'

export type Asked = 'write' | 'connect' | 'cut' | 'settled' | 'status' | 'close'

/** To the device. */
export interface Question {
  readonly id: number
  readonly ask: Asked
}

/** From it: an answer, or what it was shown, told or promised. */
export type Said =
  | { readonly say: 'ready'; readonly document: string }
  | { readonly say: 'done'; readonly id: number; readonly status: Status | undefined }
  | { readonly say: 'shown'; readonly words: readonly string[] }
  | { readonly say: 'acked'; readonly word: string }
  | { readonly say: 'trouble'; readonly what: string }
  | { readonly say: 'heard' }

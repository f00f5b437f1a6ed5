/** Where traces go. */
import type { Values } from '../configuration/settings.ts'

export interface TracesOptions {
  readonly url: string
  /** Of how many edits one is traced, as a fraction. */
  readonly sample: number
}

/** Undefined: nothing is traced. */
export function tracesIn({ 'traces.url': url, 'traces.sample': sample }: Values): TracesOptions | undefined {
  return url === undefined ? undefined : { url, sample }
}

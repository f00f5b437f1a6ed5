/** What several commands agree on. */

/** The relay's log, in its data folder. */
export const DATABASE = 'joinery.db'

/** Names and addresses that are this machine's and nobody else's. */
export const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '::1']

/** What stands between commas. */
export function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',')
}

/** The address that a link is opened at, from the one that a person or an app gives. */

/** `https://notes.example` is the relay there: `wss://notes.example/v1/sync`. An address with a path stays as it is. */
export function linkAddress(url: string): string {
  return url.replace(/^http(?=s?:)/i, 'ws').replace(/^([a-z]+:\/\/[^/?#]+)\/?$/i, '$1/v1/sync')
}

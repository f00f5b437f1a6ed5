/** The address that a link is opened at, from the one that a person or an app gives. */

/** `https://notes.example` is the relay there: `wss://notes.example/v1/sync`. An address with a path stays as it is. */
export function linkAddress(url: string): string {
  const socket = url.replace(/^http(?=s?:)/i, 'ws')
  return /^[a-z]+:\/\/[^/?#]+\/?$/i.test(socket) ? socket.replace(/\/?$/, '/v1/sync') : socket
}

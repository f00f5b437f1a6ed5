// The one place that says which browser tests drive, and how it is started: Debian's, or what stands in for it.
import { find, systemPackages } from '../scripts/system-packages.ts'

/** Where Chromium is on this machine. */
export function chromiumPath(): string {
  return find(systemPackages.chromium) ?? '/usr/bin/chromium'
}

/** No sandbox, since tests may run as root; nothing that asks for a graphics card or calls out by itself. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const

import type { Statement } from './connections.ts'

/** Statements by names of their own, under which a connection prepares them once. */
export function named<Name extends string>(
  prefix: string,
  sql: Readonly<Record<Name, string>>,
): { readonly [N in Name]: Statement } {
  const all = Object.entries<string>(sql).map(([name, text]) => [name, { name: `${prefix}_${name}`, text }])
  return Object.fromEntries(all) as { readonly [N in Name]: Statement }
}

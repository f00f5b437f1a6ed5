/**
 * Updates as large as they may be before a thread reads them, or larger, of one thing only: each asks one part of whoever reads it to do
 * all of its work at once.
 */
import {
  any,
  ARRAY,
  binary,
  bytes,
  deleted,
  embed,
  format,
  gc,
  item,
  json,
  MAP,
  nestedAny,
  subdoc,
  text,
  type,
  update,
  type Write,
} from '../craft.ts'

/** So many bytes of structs, of one author. */
function filled(size: number, struct: (at: number) => Write): Write[] {
  const structs: Write[] = []
  for (let length = 0; length < size;) {
    const write = struct(structs.length)
    length += bytes(write).length
    structs.push(write)
  }
  return structs
}

const ofOne = (author: number, size: number, struct: (at: number) => Write): Uint8Array =>
  update([{ author, clock: 0, structs: filled(size, struct) }])

const stamp = (at: number): string => `~${String(at % 1e9).padStart(14, '0')}`

/** By name: about `size` bytes under one author's id, from clock 0. Most are legal. */
export const BULK: Readonly<Record<string, (author: number, size: number) => Uint8Array>> = {
  'garbage of one clock each': (author, size) => ofOne(author, size, () => gc(1)),
  'letters at one place': (author, size) =>
    ofOne(author, size, at => item(text('x'), at > 0 ? { left: [author, 0] } : {})),
  'letters between two that move': (author, size) =>
    ofOne(author, size, at => item(text('x'), at > 2 ? { left: [author, at % 2], right: [author, at - 1] } : {})),
  'deleted letters': (author, size) =>
    ofOne(author, size, at => item(deleted(1), at > 0 ? { left: [author, at - 1] } : {})),
  'letters beside what is not there': (author, size) =>
    ofOne(author, size, at => item(text('x'), { left: [author + 1 + (at % 4_000), at] })),
  'roots': (author, size) => ofOne(author, size, at => item(text('x'), { parent: `root ${at % 4_096}` })),
  'types sixty deep': (author, size) =>
    ofOne(author, size, at => item(type(ARRAY), at % 60 > 0 ? { parent: [author, at - 1] } : {})),
  'types at one place': (author, size) => ofOne(author, size, () => item(type(MAP))),
  'keys': (author, size) => ofOne(author, size, at => item(any(at), { parent: 'map', key: `key ${at}` })),
  'values of one key': (author, size) =>
    ofOne(author, size, at => item(any(at), at > 0 ? { left: [author, at - 1] } : { parent: 'map', key: 'key' })),
  'stamps': (author, size) => ofOne(author, size, at => item(any([stamp(at), at]), { parent: 'map', key: `${at}` })),
  'stamps as JSON': (author, size) =>
    ofOne(author, size, at => item(embed(`["${stamp(at)}",1]`), { parent: 'map', key: 'key' })),
  'runs of values under a key, deleted': (author, size) => {
    const structs = filled(size, () => item(any(1, 2), { parent: 'map', key: 'key' }))
    return update([{ author, clock: 0, structs }], [{ author, ranges: [[0, structs.length * 2]] }])
  },
  'numbers of four hundred digits': (author, size) =>
    ofOne(author, size, () =>
      item(
        embed(
          `[${Array(20)
            .fill(`0.${'1'.repeat(390)}e1`)
            .join(',')}]`,
        ),
      ),
    ),
  'escaped letters': (author, size) => ofOne(author, size, () => item(embed(`"${'\\u0041'.repeat(5_000)}"`))),
  'keys that are nearly forbidden': (author, size) =>
    ofOne(author, size, () => item(embed(`{${Array(500).fill('"__proto_":1').join(',')}}`))),
  'old values': (author, size) => ofOne(author, size, () => item(json(...Array<string>(200).fill('[[]]')))),
  'values': (author, size) => ofOne(author, size, () => item(any(...Array<number>(200).fill(1)))),
  'values nested to the limit': (author, size) => ofOne(author, size, () => item(nestedAny(64))),
  'objects': (author, size) => ofOne(author, size, () => item(any({ a: 1, b: 'two', c: {} }))),
  'text of four bytes a character': (author, size) => ofOne(author, size, () => item(text('😀'.repeat(4_000)))),
  'formats': (author, size) => ofOne(author, size, () => item(format('bold', '{"a":[1,2,{}]}'))),
  'bytes': (author, size) => ofOne(author, size, () => item(binary(new Uint8Array(16_384)))),
  'subdocuments': (author, size) =>
    update([{ author, clock: 0, structs: filled(size, at => item(subdoc(`${at}`, {}))).slice(0, 4_000) }]),
  'authors': (author, size) =>
    update(
      Array.from({ length: Math.min(4_096, Math.floor(size / 12)) }, (_, at) => ({
        author: author + 5_000 - at,
        clock: 0,
        structs: [item(text('x'))],
      })),
    ),
  'authors by turns': (author, size) => {
    const rounds = Math.floor(size / 32 / 12)
    return update(
      Array.from({ length: 32 }, (_, at) => ({
        author: author + at,
        clock: 0,
        structs: Array.from({ length: rounds }, (_, round) => {
          if (at === 0 && round === 0) return item(type(ARRAY))
          return item(text('x'), { left: at === 0 ? [author + 31, round - 1] : [author + at - 1, round] })
        }),
      })),
    )
  },
  'deletes of every second clock': (author, size) =>
    update(
      [{ author, clock: 0, structs: [item(text('x'.repeat(Math.floor(size / 2))))] }],
      [{ author, ranges: Array.from({ length: Math.floor(size / 6) }, (_, at) => [at * 2, 1] as const) }],
    ),
}

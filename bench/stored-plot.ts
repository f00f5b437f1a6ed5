// The plot of `pnpm bench stored`: two lines for each store, of edits in few documents and in any, as an SVG that follows the reader's light
// or dark scheme.

/** What an edit costs by how many documents are stored, on one store, where edits are in few documents or in any. */
export interface Line {
  readonly store: string
  /** Edits are in any document: the more there are, the more of the edits are the first in theirs. */
  readonly isColder: boolean
  readonly points: readonly { readonly documents: number; readonly cpuMs: number; readonly p50: number }[]
}

const [WIDTH, HEIGHT] = [640, 320]
const PLOT = { left: 56, right: 520, top: 40, bottom: 270 }
const TICKS = 4
const MARK = 3.5

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .ground { fill: #ffffff }
    .title { font-weight: 600 }
    .grid { stroke: #d0d7de }
    .line { fill: none; stroke-width: 2 }
    .line-0 { stroke: #0969da }
    .mark-0 { fill: #0969da }
    .line-1 { stroke: #0969da; stroke-dasharray: 4 3 }
    .mark-1 { fill: #0969da }
    .line-2 { stroke: #bc4c00 }
    .mark-2 { fill: #bc4c00 }
    .line-3 { stroke: #bc4c00; stroke-dasharray: 4 3 }
    .mark-3 { fill: #bc4c00 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ground { fill: #0d1117 }
      .grid { stroke: #3d444d }
      .line-0 { stroke: #4493f8 }
      .mark-0 { fill: #4493f8 }
      .line-1 { stroke: #4493f8 }
      .mark-1 { fill: #4493f8 }
      .line-2, .line-3 { stroke: #f0883e }
      .mark-2, .mark-3 { fill: #f0883e }
    }`

export function plotStored(lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points)
  const [least, most] = [Math.min(...all.map(point => point.documents)), Math.max(...all.map(point => point.documents))]
  const step = stepFor(Math.max(...all.map(point => point.cpuMs)))
  const x = (documents: number): number =>
    PLOT.left + ((PLOT.right - PLOT.left) * Math.log(documents / least)) / Math.log(most / least)
  const y = (ms: number): number => PLOT.bottom - ((PLOT.bottom - PLOT.top) * ms) / (step * TICKS)
  const grid = Array.from({ length: TICKS + 1 }, (_, at) => {
    const height = y(step * at).toFixed(1)
    return [
      `  <line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${height}" y2="${height}"/>`,
      `  <text x="${PLOT.left - 8}" y="${height}" dy="4" text-anchor="end">${Number((step * at).toPrecision(3))}</text>`,
    ].join('\n')
  })
  const sizes = [...new Set(all.map(point => point.documents))].map(
    documents =>
      `  <text x="${x(documents).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${documents.toLocaleString('en-US')}</text>`,
  )
  const drawn = lines.map(({ store, points }, at) => {
    const places = points.map(point => [x(point.documents).toFixed(1), y(point.cpuMs).toFixed(1)] as const)
    const [endX, endY] = places.at(-1) ?? ['0', '0']
    return [
      `  <polyline class="line line-${at}" points="${places.map(place => place.join(',')).join(' ')}"/>`,
      ...places.map(([cx, cy]) => `  <circle class="mark-${at}" cx="${cx}" cy="${cy}" r="${MARK}"/>`),
      `  <text x="${endX}" y="${endY}" dx="10" dy="4">${store}</text>`,
    ].join('\n')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="CPU for an edit by the number of stored documents">`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    `  <text class="title" x="${PLOT.left}" y="22">CPU of the relay for an edit, ms (less is better)</text>`,
    ...grid,
    ...sizes,
    `  <text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 40}" text-anchor="middle">documents stored</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

/** A round number of ms, so many of which hold the most. */
function stepFor(most: number): number {
  const rough = most / TICKS
  const decade = 10 ** Math.floor(Math.log10(rough))
  return ([1, 2, 2.5, 5].find(times => times * decade >= rough) ?? 10) * decade
}

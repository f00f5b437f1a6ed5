// The plot of a run: one small chart of bars for each headline metric, on a logarithmic scale, as an SVG that follows the reader's light or
// dark scheme, with a ground of its own, since the page around it may follow another.
import { digits, type Part } from './table.ts'
import { SERVERS, type ServerName } from './servers.ts'

interface Chart {
  readonly scenario: string
  readonly metric: string
  readonly title: string
}

const CHARTS: readonly Chart[] = [
  { scenario: 'fan-out-10', metric: 'deliveries', title: 'Deliveries for a second of CPU, 10 readers' },
  { scenario: 'fan-out-100', metric: 'deliveries', title: 'Deliveries for a second of CPU, 100 readers' },
  { scenario: 'fan-out-500', metric: 'deliveries', title: 'Deliveries for a second of CPU, 500 readers' },
  { scenario: 'many-documents', metric: 'cpu', title: 'CPU for an update, 1,000 documents, ms' },
  { scenario: 'open-documents', metric: 'rss', title: 'Memory for an open 45-KB document, KiB' },
  { scenario: 'cold-load', metric: 'cpu', title: 'CPU to load the B4 trace after a restart, ms' },
  { scenario: 'come-back', metric: 'bytes', title: '1,000 documents, 2 changed: KB on the wire' },
  { scenario: 'batch-single', metric: 'ms', title: '5,000 single edits until all are shown, ms' },
]

const COLUMNS = 2
const WIDTH = 456
const GAP = 32
const ROW = 20
const LABEL = 186
const VALUE = 70
const TITLE = 34

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .ground { fill: #ffffff }
    .title { font-weight: 600 }
    .value { font-variant-numeric: tabular-nums }
    .ours { fill: #0969da }
    .peer { fill: #8c959f }
    .floor { fill: #d0d7de }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ground { fill: #0d1117 }
      .ours { fill: #4493f8 }
      .peer { fill: #7d8590 }
      .floor { fill: #3d444d }
    }`

export function plotOf(parts: readonly Part[]): string {
  const charts = CHARTS.flatMap(chart => {
    const part = parts.find(({ name }) => name === chart.scenario)
    return part === undefined ? [] : [{ chart, part }]
  })
  const heights = charts.map(({ part }) => TITLE + part.scenario.servers.length * ROW)
  const rows = Math.ceil(charts.length / COLUMNS)
  const tops: number[] = []
  let height = GAP / 2
  for (let row = 0; row < rows; row++) {
    tops.push(height)
    height += Math.max(...heights.slice(row * COLUMNS, (row + 1) * COLUMNS)) + GAP
  }
  const width = COLUMNS * WIDTH + (COLUMNS + 1) * GAP
  const drawn = charts.map(({ chart, part }, at) => {
    const left = GAP + (at % COLUMNS) * (WIDTH + GAP)
    return `  <g transform="translate(${left} ${tops[Math.floor(at / COLUMNS)] ?? 0})">\n${bars(chart, part)}\n  </g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Joinery and its peers">`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

function bars({ metric, title }: Chart, { scenario, medians }: Part): string {
  const known = scenario.metrics[metric]
  const values = scenario.servers.map(name => ({ name, value: medians.get(name)?.[metric] ?? Number.NaN }))
  const positive = values.map(({ value }) => value).filter(value => value > 0)
  // A decade below the least, so that it has a bar, too.
  const [low, high] = [Math.log10(Math.min(...positive)) - 0.5, Math.log10(Math.max(...positive))]
  const room = WIDTH - LABEL - VALUE
  const lines = values.map(({ name, value }, at) => {
    const length = value > 0 ? Math.max(2, (room * (Math.log10(value) - low)) / (high - low)) : 2
    const y = TITLE + at * ROW
    return [
      `    <text x="${LABEL - 8}" y="${y + 12}" text-anchor="end">${escaped(SERVERS[name].label)}</text>`,
      `    <rect class="${classOf(name)}" x="${LABEL}" y="${y + 2}" width="${length.toFixed(1)}" height="${ROW - 6}" rx="2"/>`,
      `    <text class="value" x="${(LABEL + length + 6).toFixed(1)}" y="${y + 12}">${digits(value)}</text>`,
    ].join('\n')
  })
  const better = known?.better === 'higher' ? 'more is better' : 'less is better'
  return [`    <text class="title" x="0" y="16">${escaped(title)} (${better})</text>`, ...lines].join('\n')
}

function classOf(name: ServerName): string {
  if (name === 'floor') return 'floor'
  return name.startsWith('joinery') ? 'ours' : 'peer'
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

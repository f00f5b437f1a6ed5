/**
 * What a document shows as Markdown, where it shows text. Law: every word of it is there; what has no form in Markdown loses the form and
 * not the words. A root that is a map stands in the JSON beside it, not here.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Node = { readonly [key: string]: Json }

/** Undefined when nothing of it is text. `content` is what `shownWith` gave. */
export function markdownOf(content: unknown): string | undefined {
  if (!isNode(content)) return undefined
  const texts = Object.entries(content).flatMap(([root, shown]) => {
    const text = typeof shown === 'string' ? shown : Array.isArray(shown) ? blocksOf(shown) : ''
    return text.trim() === '' ? [] : [{ root, text: text.trim() }]
  })
  if (texts.length === 0) return undefined
  const only = texts.length === 1
  return `${texts.map(({ root, text }) => (only ? text : `<!-- ${root} -->\n\n${text}`)).join('\n\n')}\n`
}

const HEADINGS = 6
/** What stands in a line, and not by itself. */
const INLINE = new Set(['hardBreak', 'hard_break', 'br', 'image', 'img', 'mention'])

function blocksOf(nodes: readonly Json[]): string {
  const blocks: string[] = []
  let line = ''
  const end = (): void => {
    if (line.trim() !== '') blocks.push(line)
    line = ''
  }
  for (const node of nodes) {
    if (isBlock(node)) {
      end()
      blocks.push(blockOf(node))
    } else line += inlineOf(node)
  }
  end()
  return blocks.filter(block => block.trim() !== '').join('\n\n')
}

function blockOf(node: Node): string {
  const children = childrenOf(node)
  const attributes = isNode(node['attributes']) ? node['attributes'] : {}
  const name = wordOf(node['name']).toLowerCase()
  if (name === 'heading' || /^h[1-6]$/.test(name)) {
    const level = name === 'heading' ? Number(attributes['level'] ?? 1) : Number(name.slice(1))
    return `${'#'.repeat(Math.min(HEADINGS, Math.max(1, level)))} ${lineOf(children)}`
  }
  if (name === 'codeblock' || name === 'code_block') return `\`\`\`\n${lineOf(children)}\n\`\`\``
  if (name === 'blockquote') return prefixed(blocksOf(children), '> ', '> ')
  if (name === 'horizontalrule' || name === 'horizontal_rule' || name === 'hr') return '---'
  if (name === 'bulletlist' || name === 'bullet_list' || name === 'ul') return itemsOf(children, () => '- ')
  if (name === 'orderedlist' || name === 'ordered_list' || name === 'ol') return itemsOf(children, at => `${at + 1}. `)
  if (name === 'tasklist' || name === 'task_list')
    return itemsOf(children, (_, item) => (isChecked(item) ? '- [x] ' : '- [ ] '))
  return blocksOf(children)
}

function itemsOf(items: readonly Json[], bulletOf: (at: number, item: Json) => string): string {
  return items
    .map((item, at) => {
      const bullet = bulletOf(at, item)
      return prefixed(blocksOf(isNode(item) ? childrenOf(item) : [item]), bullet, ' '.repeat(bullet.length))
    })
    .join('\n')
}

function isChecked(item: Json): boolean {
  const attributes = isNode(item) ? item['attributes'] : undefined
  return isNode(attributes) && wordOf(attributes['checked']) === 'true'
}

function lineOf(nodes: readonly Json[]): string {
  return nodes.map(inlineOf).join('')
}

function inlineOf(node: Json): string {
  if (Array.isArray(node)) return lineOf(node as readonly Json[])
  if (!isNode(node)) return wordOf(node)
  if (typeof node['text'] === 'string') return marked(node['text'], node['attributes'])
  const name = wordOf(node['name']).toLowerCase()
  if (name === 'hardbreak' || name === 'hard_break' || name === 'br') return '\\\n'
  return lineOf(childrenOf(node))
}

/** Spaces stay outside: `** so **` is no mark. */
function marked(text: string, attributes: Json | undefined): string {
  if (!isNode(attributes) || text.trim() === '') return text
  const [, before = '', words = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? []
  let said = words
  const has = (...names: readonly string[]): boolean =>
    names.some(name => name in attributes && attributes[name] !== false)
  if (has('code')) said = `\`${said}\``
  if (has('bold', 'strong')) said = `**${said}**`
  if (has('italic', 'em')) said = `_${said}_`
  if (has('strike', 's')) said = `~~${said}~~`
  const link = attributes['link']
  const href = isNode(link) ? link['href'] : link
  return `${before}${typeof href === 'string' ? `[${said}](${href})` : said}${after}`
}

function prefixed(text: string, first: string, others: string): string {
  return text
    .split('\n')
    .map((line, at) => (at === 0 ? first : line === '' ? others.trimEnd() : others) + line)
    .join('\n')
}

function wordOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function isBlock(node: Json): node is Node {
  return isNode(node) && typeof node['name'] === 'string' && !INLINE.has(node['name'])
}

function childrenOf(node: Node): readonly Json[] {
  const children = node['children']
  return Array.isArray(children) ? children : []
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

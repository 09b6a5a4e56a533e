/** Text as it may stand in HTML, also within an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** HTML whose values are escaped; what comes from {@link html} itself stays as it is, and lists are joined. */
export type Html = { readonly markup: string }

export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  const markup = parts.map((part, index) => part + (index < values.length ? render(values[index]) : ''))
  return { markup: markup.join('') }
}

function render(value: unknown): string {
  if (Array.isArray(value)) return value.map(render).join('')
  if (value === null || value === undefined || value === false) return ''
  if (isHtml(value)) return value.markup
  return escapeHtml(String(value))
}

function isHtml(value: unknown): value is Html {
  return typeof value === 'object' && value !== null && 'markup' in value && typeof value.markup === 'string'
}

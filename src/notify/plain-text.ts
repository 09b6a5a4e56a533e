/**
 * What is never shown: control characters (a terminal would obey them), marks that turn the direction of writing, and
 * characters without width, which hide words or split them so that filters miss them.
 */
const invisible = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/gu
/** More marks on one letter than any language has: they would cover the lines around. */
const piledMarks = /(\p{M}{4})\p{M}+/gu

/**
 * Text from outside (names, queries, user agents) as one line of visible characters, at most `limit` UTF-16 units long.
 * Addresses are written so that no receiver makes them a link: `https[:]//evil.example`.
 */
export function toPlainText(text: string, limit = 1000): string {
  const line = text
    .slice(0, limit * 4)
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(invisible, '')
    .replace(piledMarks, '$1')
    .replaceAll('://', '[:]//')
    .replace(/\bwww\./gi, 'www[.]')
    .trim()
  return shorten(line, limit)
}

/** At most `limit` UTF-16 units, with `…` where something was cut; never half a character. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/u, '')}…`
}

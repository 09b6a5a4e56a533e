import type { Problem, YamlSource } from '../yaml-source.ts'

/**
 * Replaces `${NAME}` by the environment variable in every text of the file; `$${` stands for `${` itself.
 * @returns a problem for each variable that is missing and each reference that is malformed
 */
export function resolveReferences(
  source: YamlSource,
  env: Readonly<Record<string, string | undefined>>,
): readonly Problem[] {
  return source.mapStrings((text, complain) =>
    text.replace(/\$(\$?)\{([^}]*)(\}?)/g, (whole, escaped: string, name: string, end: string) => {
      if (escaped) return whole.slice(1)
      if (!end || !/^[A-Za-z_]\w*$/.test(name)) {
        // Not the text itself: it may be a piece of a secret.
        complain(`has a $\{ that is no reference — write $\{NAME}, or $$\{ for the characters themselves`)
        return whole
      }
      const value = env[name]
      if (value) return value
      complain(
        `environment variable ${name} is ${value === '' ? 'empty' : 'not set'} — set it, or write $\${${name}} for the characters themselves`,
      )
      return whole
    }),
  )
}

declare module 'xml2js' {
  /** Elements become properties, each a list; text becomes strings. Rejects what is not well-formed. */
  export function parseStringPromise(xml: string): Promise<Record<string, unknown>>
}

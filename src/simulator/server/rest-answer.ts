/** An answer before it is JSON. */
export type RestAnswer = { readonly status: number; readonly body: unknown }

/** A record as REST tells it. */
export type Row = Readonly<Record<string, unknown>>

/** An error in the form of Salesforce's REST API. */
export function restError(status: number, errorCode: string, message: string): RestAnswer {
  return { status, body: [{ message, errorCode }] }
}

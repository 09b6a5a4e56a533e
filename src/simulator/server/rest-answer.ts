/** An answer: text of the type that it names, else what is to become JSON. */
export type RestAnswer =
  | { readonly status: number; readonly body: unknown; readonly type?: undefined }
  | { readonly status: number; readonly body: string; readonly type: string }

/** A record as REST tells it. */
export type Row = Readonly<Record<string, unknown>>

/** An error in the form of Salesforce's REST API. */
export function restError(status: number, errorCode: string, message: string): RestAnswer {
  return { status, body: [{ message, errorCode }] }
}

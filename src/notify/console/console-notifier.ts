import type { Writable } from 'node:stream'
import picocolors from 'picocolors'
import type { Level } from '../../detection/detection.ts'
import { toAlertLine } from '../alert-line.ts'
import { type MessageOptions, toMessage } from '../message.ts'
import type { Delivery, Notification, Notifier } from '../notifier.ts'

export type ConsoleNotifierOptions = MessageOptions & {
  readonly receiver: string
  readonly stream: Writable
  /** `text` for people, `json`: one object a line. */
  readonly format: 'text' | 'json'
  readonly colors: boolean
}

type Colors = ReturnType<typeof picocolors.createColors>

/** Writes notifications to a stream. */
export function createConsoleNotifier({ receiver, stream, ...options }: ConsoleNotifierOptions): Notifier {
  return {
    receiver,
    spacing: 0,
    deliver(notification): Promise<Delivery> {
      const text =
        options.format === 'json'
          ? `${JSON.stringify(toAlertLine(notification))}\n`
          : formatNotification(notification, options)
      const { promise, resolve } = Promise.withResolvers<Delivery>()
      stream.write(text, (error) =>
        resolve(error ? { kind: 'retry', reason: `cannot write: ${error.message}` } : { kind: 'accepted' }),
      )
      return promise
    },
  }
}

/** A block of lines that is read from top to bottom: who and what, the sentence, the facts, what to do. */
export function formatNotification(
  notification: Notification,
  { colors, ...options }: MessageOptions & { readonly colors: boolean },
): string {
  const color = picocolors.createColors(colors)
  const { label, who, what, sentence, facts, explanation, steps, source, link, userLink } = toMessage(
    notification,
    options,
  )
  const resolved = notification.cause === 'resolved'
  const paint = resolved ? color.green : painter(color, notification.alert.level)
  const lines = [
    `${paint(color.bold(`● ${label}`))}  ${color.bold(who)}  ${what}`,
    `  ${sentence}`,
    ...[...facts, ...(resolved ? [] : explanation)].map(
      ({ label, value }) => `  ${color.dim(label.padEnd(12))}${value}`,
    ),
    ...(steps.length > 0 ? [`  ${color.dim('What to do')}`] : []),
    ...steps.map((step, index) => `              ${index + 1}. ${step}`),
    `  ${color.dim(source)}`,
    ...[link, userLink].flatMap((url) => (url === null ? [] : [`  ${color.cyan(url)}`])),
  ]
  return `${lines.join('\n')}\n\n`
}

function painter(color: Colors, level: Level): (text: string) => string {
  if (level === 'critical' || level === 'high') return color.red
  return level === 'medium' ? color.yellow : color.blue
}

const ones = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
]
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const units: readonly (readonly [size: number, name: string])[] = [
  [1_000_000_000, 'GB'],
  [1_000_000, 'MB'],
]

const before = '(?<![\\w,.]|hundred (?:and )?|thousand (?:and )?)'
const smaller = [...ones, ...tens].filter((word) => word !== '').join('|')
const after = `(?!\\w|[,.]\\d| hundred| thousand|-(?:${smaller})|(?<=hundred|thousand) (?:and )?(?:${smaller}))`

/** Whether a text names this whole number, and not as part of another one: `20,000`, `twenty thousand`, `a hundred`, `500 MB`. */
export function namesNumber(text: string, value: number): boolean {
  return formsOf(value).some((form) => new RegExp(`${before}(?:${form})${after}`, 'i').test(text))
}

function formsOf(value: number): readonly string[] {
  const words = inWords(value)
  return [
    value.toLocaleString('en'),
    words,
    words.replace(/^one /, 'an? '),
    ...units.filter(([size]) => value % size === 0).map(([size, name]) => `${value / size} ${name}`),
  ]
}

/** Below a million: `two hundred and fifty thousand`. */
function inWords(value: number): string {
  if (value < 20) return ones[value] ?? ''
  if (value < 100)
    return [tens[Math.floor(value / 10)], ones[value % 10]].slice(0, value % 10 ? 2 : 1).join('-')
  const [size, name] = value < 1000 ? ([100, 'hundred'] as const) : ([1000, 'thousand'] as const)
  const rest = value % size
  return `${inWords(Math.floor(value / size))} ${name}${rest ? ` (and )?${inWords(rest)}` : ''}`
}

/** V8 takes note only where a property has been loaded some times: nine were too few, thirty enough. */
const loads = 1000

/**
 * ioredis declares a class that extends String. V8 then keeps the methods of all texts in a dictionary, where compiled code looks
 * each of them up with every call, until a property of a String object has been loaded often enough: hashing a text took
 * two to four times as long. To be called once ioredis is loaded.
 */
export function makeStringsFast(): void {
  for (let i = 0; i < loads; i++) load(Object('') as string)
}

function load(text: string): unknown {
  return text.charCodeAt
}

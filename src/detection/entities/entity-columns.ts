import { withRoomFor } from './growing.ts'

/**
 * Numbers of the entities of one type, a column for everybody who keeps something of them; 0 until it is set. Those of one
 * entity lie side by side: an event of a user looks at most of them, and among a million users every other place in memory
 * takes as long as the rest of a search.
 */
export class EntityColumns {
  #width = 0
  #cells = new Int32Array(16)

  /** One more column. Whoever is known already is moved: columns are to be added while there are few. */
  add(): EntityColumn {
    const from = this.#cells
    const width = this.#width
    const entities = width === 0 ? 0 : Math.floor(from.length / width)
    this.#width = width + 1
    if (entities > 0) this.#cells = new Int32Array(entities * this.#width)
    for (let entity = 0; entity < entities; entity++)
      for (let i = 0; i < width; i++)
        this.#cells[entity * this.#width + i] = from[entity * width + i] as number
    return new EntityColumn(this, width)
  }

  get(entity: number, column: number): number {
    return this.#cells[entity * this.#width + column] ?? 0
  }

  set(entity: number, column: number, value: number): void {
    const at = entity * this.#width + column
    if (at >= this.#cells.length) this.#cells = withRoomFor(this.#cells, (entity + 1) * this.#width - 1)
    this.#cells[at] = value
  }
}

/** A number for each entity, by the entity's number. */
export class EntityColumn {
  readonly #columns: EntityColumns
  readonly #column: number

  constructor(columns: EntityColumns, column: number) {
    this.#columns = columns
    this.#column = column
  }

  get(entity: number): number {
    return this.#columns.get(entity, this.#column)
  }

  set(entity: number, value: number): void {
    this.#columns.set(entity, this.#column, value)
  }
}

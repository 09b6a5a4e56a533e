import { readFileSync } from 'node:fs'

/** A file as it is served under `path`. */
export type PageFile = { readonly path: string; readonly type: string; readonly content: string }

/** The files of the analyst's page, which lie beside this one in `page/`. */
export function loadPage(): readonly PageFile[] {
  return [
    { path: '/', type: 'text/html; charset=utf-8', content: read('index.html') },
    { path: '/page.css', type: 'text/css; charset=utf-8', content: read('page.css') },
    { path: '/page.js', type: 'text/javascript; charset=utf-8', content: read('page.js') },
    { path: '/icon.svg', type: 'image/svg+xml', content: read('icon.svg') },
  ]
}

function read(file: string): string {
  return readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8')
}

import { expect, test } from 'vitest'
import { startServer } from '../../unit/salesforce/scripted-server.ts'
import { until, watchOrg } from './watched-org.ts'

/** What an instance says that an org has left: nothing that has to do with its token. */
const places = {
  'a page that it is not found': { status: 404, body: '<html>URL No Longer Exists</html>' },
  'a page to log in, with HTTP 200': { status: 200, body: '<html>Please log in</html>' },
  'that the client is not known': {
    status: 200,
    body: '[{"channel":"/meta/handshake","successful":false,"error":"403::Unknown client"}]',
  },
}

test.each(Object.entries(places))(
  'an org that has moved is found again, where its old place answers %s',
  async (_name, answer) => {
    await using org = await watchOrg()
    let tokens = 0
    await using entrance = await startServer(async (request, response) => {
      if (request.path !== '/services/oauth2/token') {
        response.writeHead(answer.status).end(answer.body)
        return
      }
      const { body, headers } = request
      const type = String(headers['content-type'])
      const granted = await fetch(`${org.url}${request.path}`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      })
      const token = {
        ...((await granted.json()) as object),
        instance_url: ++tokens > 1 ? org.url : entrance.url,
      }
      response.writeHead(granted.status, { 'content-type': 'application/json' }).end(JSON.stringify(token))
    })
    const ingest = org.start({ loginUrl: entrance.url })
    await until(() => ingest.status().ready)
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(tokens).toBe(2)
    expect(org.handshakes()).toBe(1)
  },
)

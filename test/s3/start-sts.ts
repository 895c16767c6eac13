import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Key } from "./start-s3.js";

/** As AWS STS hands out a role's keys for a web identity (AWS STS API reference, `AssumeRoleWithWebIdentity`). */
export async function startSts({ id, secret }: Key, asked: URLSearchParams[]) {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(new URLSearchParams(body));
      const expiration = new Date(Date.now() + 3600_000).toISOString();
      // Without the token that marks a session: the S3 server here knows its own users alone.
      const keys = `<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><Expiration>${expiration}</Expiration>`;
      const result = `<AssumeRoleWithWebIdentityResult><Credentials>${keys}</Credentials></AssumeRoleWithWebIdentityResult>`;
      response.writeHead(200, { "content-type": "text/xml" });
      response.end(`<AssumeRoleWithWebIdentityResponse>${result}</AssumeRoleWithWebIdentityResponse>`);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listens on TCP
  return { url: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() };
}

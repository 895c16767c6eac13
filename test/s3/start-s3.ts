import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { runProcess } from "../nix/process.js";

const SCRIPT = fileURLToPath(new URL("ceph.sh", import.meta.url));

export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** Owns every bucket that nobody else owns. */
export const WRITER: Key = { id: "AKWRITER000000000000", secret: "writer-secret-0000000000000000000000000" };
/** Has an account and no rights. */
export const OTHER: Key = { id: "AKOTHER0000000000000", secret: "other-secret-00000000000000000000000000" };
/** May have twenty objects. */
export const SMALL: Key = { id: "AKSMALL0000000000000", secret: "small-secret-00000000000000000000000000" };

export interface S3Server {
  readonly url: string;
  /** Makes a bucket that everybody may read, as far as they know what is in it. */
  makeBucket(name: string, owner?: Key): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an S3 server that checks signatures and rights. Takes about 20 seconds, most of them waiting. */
export async function startS3(): Promise<S3Server> {
  const parent = await mkdtemp("/tmp/s3-");
  const directory = join(parent, "c");
  const port = await freePort();
  const started = await runProcess("bash", [SCRIPT, "start", directory, String(port)]);
  if (started.code !== 0) {
    throw new Error(
      `no S3 server: apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw\n${started.stderr}`,
    );
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async makeBucket(Bucket, { id, secret } = WRITER) {
      const client = new S3Client({
        endpoint: url,
        region: "us-east-1",
        forcePathStyle: true,
        credentials: { accessKeyId: id, secretAccessKey: secret },
      });
      await client.send(new CreateBucketCommand({ Bucket }));
      const read = {
        Effect: "Allow",
        Principal: "*",
        Action: ["s3:GetObject"],
        Resource: [`arn:aws:s3:::${Bucket}/*`],
      };
      const list = {
        Effect: "Allow",
        Principal: "*",
        Action: ["s3:ListBucket"],
        Resource: [`arn:aws:s3:::${Bucket}`],
      };
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [read, list] });
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      client.destroy();
    },
    async stop() {
      await runProcess("bash", [SCRIPT, "stop", directory]);
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/**
 * A port below the range that the system gives out, which nobody else gets from here while this process runs, nor the 98 after it: it listens
 * on the last one.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 100) * 100;
    if (!(await listens(createServer().unref(), port + 99))) continue;
    const server = createServer();
    const isFree = await listens(server, port);
    server.close();
    if (isFree) return port;
  }
}

function listens(server: Server, port: number): Promise<boolean> {
  return once(server.listen(port, "127.0.0.1"), "listening").then(
    () => true,
    () => false,
  );
}

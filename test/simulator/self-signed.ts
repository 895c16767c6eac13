import { execFileSync } from "node:child_process";

/** Key and certificate for 127.0.0.1, made by openssl for this run. */
export function selfSigned(): { key: string; cert: string } {
  const args = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout - -out -";
  const pem = execFileSync("openssl", args.split(" "), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const certAt = pem.indexOf("-----BEGIN CERTIFICATE-----");
  return { key: pem.slice(0, certAt), cert: pem.slice(certAt) };
}

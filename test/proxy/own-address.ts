import { networkInterfaces } from "node:os";

/** An IPv4 address of this machine that others can reach; who connects to it from here has it, too. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const address = all.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  if (address === undefined) throw new Error("this test needs an IPv4 address beside the loopback one");
  return address;
}

import type { Credential, Credentials } from "../credentials/credentials.js";
import { GitLabError } from "./gitlab-error.js";

/**
 * Sends with the credential for `url`; after a 401, which means that nothing was done, once more if there is another one by now.
 *
 * @throws what `send` throws
 */
export async function withCredential<T>(
  credentials: Credentials,
  url: URL,
  send: (credential: Credential | undefined) => Promise<T>,
): Promise<T> {
  const credential = await credentials.for(url);
  try {
    return await send(credential);
  } catch (error) {
    if (credential === undefined || !(error instanceof GitLabError) || error.status !== 401) throw error;
    const renewed = await credentials.renewed?.(url, credential);
    if (renewed === undefined) throw error;
    return send(renewed);
  }
}

import type { Content } from "./content.js";

/** What is in the cache as a whole, and was hashed by this process. */
export interface VerifiedContent {
  /** One reader more; undefined when the file is not what was verified any more. */
  join(): Content | undefined;
  /** Whether the file is still in its place, as it was; of bytes that are served from memory, always. */
  unchanged(): boolean;
  /** Lets go of the file; readers keep it until they close. */
  release(): void;
}

import type { GitLabWriter } from "../../src/gitlab/writer.js";

/** The process ends after `writes` changes have arrived. */
export function killedAfter(writes: number): (writer: GitLabWriter) => GitLabWriter {
  let left = writes;
  return (writer) => ({
    ...writer,
    async send(instance, write) {
      left -= 1;
      if (left < 0) throw new Error("killed");
      const answer = await writer.send(instance, write);
      if (left <= 0) throw new Error("killed");
      return answer;
    },
  });
}

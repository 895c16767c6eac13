import type { DeclaredVariant } from "../../src/manifest/declared.js";

/** A variant as the manifest stage gives it; each place has a line of its own. */
export function declaredVariant(fields: Partial<DeclaredVariant> = {}): DeclaredVariant {
  const at = (line: number) => ({ file: "manifests/app.ts", line, column: 3 });
  return {
    artifact: "app",
    system: "x86_64-linux",
    gitlab: "https://gitlab.example.com",
    project: "g/app",
    ref: { branch: "main" },
    jobName: "build",
    file: "dist/app",
    form: "file",
    at: { project: at(1), ref: at(2), job: at(3), file: at(4) },
    ...fields,
  };
}

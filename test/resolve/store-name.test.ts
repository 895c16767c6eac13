import { describe, expect, test } from "vitest";
import { StoreName } from "../../src/lock/schema.js";
import { storeNameOf } from "../../src/resolve/store-name.js";
import { declaredVariant } from "./declared-variant.js";
import { lockedVariant } from "./locked-variant.js";

describe("the store name", () => {
  test.each([
    ["dist/app-1.0.tar.gz", "app-1.0.tar.gz"],
    ["app", "app"],
    ["dist/app (beta) [x].zip", "app--beta---x-.zip"],
    ["dist/größe", "gr--e"],
    ["dist/.hidden", "hidden"],
    ["dist/...", "app"],
    ["dist/thing.drv", "thing-drv"],
    ["dist/日本", "--"],
    [`dist/${"x".repeat(250)}`, "x".repeat(200)],
    [`dist/${"x".repeat(196)}.drvzzz`, `${"x".repeat(196)}-drv`],
  ])("of %s is %s, which Nix allows", (file, name) => {
    expect(storeNameOf(declaredVariant({ file }), undefined)).toBe(name);
    expect(StoreName.safeParse(name).success).toBe(true);
  });

  test("of a whole archive is that of the artifact", () => {
    expect(storeNameOf(declaredVariant({ file: undefined }), undefined)).toBe("app.zip");
  });

  test.each([
    ["dist/acme-linux.tar.gz", "acme-linux"],
    ["acme.TGZ", "acme"],
    ["acme-1.2.tar.zst", "acme-1.2"],
    ["acme.zip", "acme"],
    [".zip", "app"],
    ["acme.1.2", "acme.1.2"],
    [undefined, "app"],
  ])("of what is unpacked has no ending of an archive: %s", (file, name) => {
    expect(storeNameOf(declaredVariant({ file, form: "unpacked" }), undefined)).toBe(name);
  });

  test("stays while file and form stay", () => {
    const previous = lockedVariant({ name: "chosen-long-ago" });
    expect(storeNameOf(declaredVariant(), previous)).toBe("chosen-long-ago");
    expect(storeNameOf(declaredVariant({ file: "dist/other" }), previous)).toBe("other");
    expect(storeNameOf(declaredVariant({ form: "executable" }), previous)).toBe("app");
    expect(storeNameOf(declaredVariant({ file: undefined }), previous)).toBe("app.zip");
  });

  test("of a whole archive stays, too", () => {
    const previous = lockedVariant({ name: "old.zip", file: null });
    expect(storeNameOf(declaredVariant({ file: undefined }), previous)).toBe("old.zip");
  });
});

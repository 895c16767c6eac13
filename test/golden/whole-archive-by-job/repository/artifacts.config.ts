import { defineConfig } from "nix-artifacts";

export default defineConfig({ gitlab: "http://gitlab.test" });

import { defineConfig } from "nix-artifacts";

// What is common to all artifacts. Every field is optional; editors say what each is for.
export default defineConfig({
  gitlab: "https://gitlab.example.com",
});

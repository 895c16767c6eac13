/** Modules of NixOS, nix-darwin and home-manager, evaluated with the stand-in's module system. */
import { evaluate, nixPath, nixString, projectPath } from "./evaluate.js";

export type ModuleSystem = "nixos" | "darwin" | "home";

/** The folder of a package: `bin/artifacts` is in it. */
export const PACKAGE = "/nix/store/00000000000000000000000000000000-nix-artifacts-1";

/** What a module makes of `configuration`, a Nix expression, in a package set; `around` is another module, for what ours rely on. */
export async function evaluateModule(
  system: ModuleSystem,
  configuration: string,
  {
    packageFolder = PACKAGE,
    platform = system === "darwin" ? "aarch64-darwin" : "x86_64-linux",
    nixpkgs = projectPath("nix/stand-in"),
    around = "{ }",
  } = {},
) {
  const expression = `let
    pkgs = import ${nixPath(nixpkgs)} { system = "${platform}"; config = { }; overlays = [ ]; };
    inherit (pkgs) lib;
    package = { type = "derivation"; outPath = ${nixString(packageFolder)}; };
    base = { services.nix-artifacts = { proxy.package = package; }${
      system === "home" ? "" : " // { uploader.package = package; }; nix.package = package"
    }; };
  in builtins.removeAttrs (lib.evalModules {
    specialArgs = { inherit lib pkgs; };
    modules = [ ${nixPath(projectPath(`nix/modules/${system}.nix`))} base (${around}) (${configuration}) ];
  }).config [ "services" ]`;
  // whoever asks knows what the module defines; what is missing is a failed assertion
  return (await evaluate(expression)) as ModuleConfig;
}

export interface ModuleConfig {
  readonly assertions?: readonly { readonly assertion: boolean; readonly message: string }[];
  readonly nix?: { readonly settings: Readonly<Record<string, unknown>> };
  readonly systemd?: {
    readonly services?: Readonly<Record<string, NixosUnit>>;
    readonly sockets?: Readonly<Record<string, NixosSocket>>;
    readonly tmpfiles?: { readonly rules: readonly string[] };
    readonly user?: { readonly services: Readonly<Record<string, Sections>> };
  };
  readonly launchd?: { readonly daemons?: Readonly<Record<string, object>> };
  readonly users?: Readonly<Record<"users" | "groups", Readonly<Record<string, object>>>>;
  readonly system?: { readonly activationScripts: Readonly<Record<string, { readonly text: string }>> };
}

export interface NixosUnit {
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly after: readonly string[];
  readonly wants: readonly string[];
  /** Without it, something else starts the service. */
  readonly wantedBy?: readonly string[];
  /** Packages for PATH. */
  readonly path?: readonly string[];
  readonly serviceConfig: Section;
}

export interface NixosSocket {
  readonly description: string;
  readonly wantedBy: readonly string[];
  readonly socketConfig: Section;
}

export type Section = Readonly<Record<string, string | number | boolean | readonly string[]>>;
export type Sections = Readonly<Record<string, Section>>;

/** The unit file that NixOS writes: lists are repeated, booleans are words (systemd.syntax(7)). */
export function unitText(unit: NixosUnit): string {
  const { path = [], wantedBy = [] } = unit;
  const variables = { ...unit.environment, PATH: path.map((folder) => `${folder}/bin`).join(":") };
  const environment = Object.entries(variables).map(([name, value]) => `"${name}=${value}"`);
  return sectionsText({
    Unit: { Description: unit.description, After: unit.after, Wants: unit.wants },
    Service: { ...unit.serviceConfig, Environment: environment },
    Install: { WantedBy: wantedBy },
  });
}

/** As `unitText`, for a socket. */
export function socketText({ description, wantedBy, socketConfig }: NixosSocket): string {
  return sectionsText({
    Unit: { Description: description },
    Socket: socketConfig,
    Install: { WantedBy: wantedBy },
  });
}

/** A unit file from its sections, as home-manager has them. */
export function sectionsText(sections: Sections): string {
  const line = (name: string, value: string | number | boolean) => `${name}=${value}\n`;
  const lines = ([name, value]: [string, Section[string]]) =>
    (typeof value === "object" ? value : [value]).map((one) => line(name, one)).join("");
  return Object.entries(sections)
    .map(([section, settings]) => `[${section}]\n${Object.entries(settings).map(lines).join("")}`)
    .join("\n");
}
